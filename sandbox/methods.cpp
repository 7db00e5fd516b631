#include "sandbox/methods.h"

#include <algorithm>
#include <array>

#include "base/time_text.h"
#include "sandbox/biz_fields.h"
#include "sandbox/pay_order.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

using Run = Result<Handled>;

Run open_cashier(const SignedRequest& request, const MethodWorld& world, const PayRules& rules) {
    TOLLGATE_TRY(PayOrder order, read_pay_order(request, rules));
    order.method = request.method->name;
    TOLLGATE_TRY(const Trade* trade, world.trades.open(order, world.now));
    return Handled{.cashier = trade->cashier};
}

Run page_pay(const SignedRequest& request, const MethodWorld& world) {
    return open_cashier(request, world,
                        {.product_codes = {"FAST_INSTANT_TRADE_PAY"},
                         .product_code_needed = true,
                         .more_fields = {"qr_pay_mode", "qrcode_width", "invoice_info",
                                         "integration_type", "request_from_url"}});
}

Run wap_pay(const SignedRequest& request, const MethodWorld& world) {
    return open_cashier(request, world,
                        {.product_codes = {"QUICK_WAP_WAY"},
                         .product_code_needed = true,
                         .more_fields = {"quit_url", "auth_token", "specified_channel"}});
}

Run app_pay(const SignedRequest& request, const MethodWorld& world) {
    return open_cashier(request, world,
                        {.product_codes = {"QUICK_MSECURITY_PAY", "CYCLE_PAY_AUTH"},
                         .more_fields = {"specified_channel", "agreement_sign_params"}});
}

Run precreate(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(
        PayOrder order,
        read_pay_order(request, {.product_codes = {"FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"},
                                 .more_fields = {"discountable_amount", "undiscountable_amount",
                                                 "qr_code_timeout_express"},
                                 .default_window = std::chrono::hours(3)}));
    order.method = request.method->name;
    TOLLGATE_TRY(const std::string code, world.trades.offer(order, world.now));
    Handled handled;
    handled.node["out_trade_no"] = order.out_trade_no;
    handled.node["qr_code"] = std::string(world.base_url) + "/qr/" + code;
    return handled;
}

// The trade that trade_no (which wins) or out_trade_no names.
Result<const Trade*> named_trade(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(const std::string trade_no, may_have_text(request.biz, "trade_no", 64));
    TOLLGATE_TRY(const std::string out_trade_no, may_have_text(request.biz, "out_trade_no", 64));
    if (trade_no.empty() && out_trade_no.empty()) {
        return invalid_parameter("out_trade_no", "与 trade_no 不能同时为空");
    }
    world.trades.expire(world.now);
    const std::string& seller = request.app->seller_id;
    const Trade* trade = trade_no.empty() ? world.trades.by_out_trade_no(seller, out_trade_no)
                                          : world.trades.by_trade_no(trade_no);
    // A trade of another merchant does not exist for this one.
    if (trade == nullptr || trade->order.seller_id != seller) {
        return refusal("ACQ.TRADE_NOT_EXIST", "交易不存在");
    }
    return trade;
}

Run query(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(only_fields(request.biz, {"trade_no", "out_trade_no", "org_pid", "query_options"}));
    TOLLGATE_TRY(const Trade* trade, named_trade(request, world));
    const bool paid = trade->paid_at.has_value();
    const std::string total = trade->order.total.to_yuan();
    Handled handled;
    Json& node = handled.node;
    node["buyer_logon_id"] = kBuyerLogonId;
    node["buyer_pay_amount"] = paid ? total : "0.00";
    node["buyer_user_id"] = kBuyerId;
    node["buyer_user_type"] = "PRIVATE";
    node["invoice_amount"] = paid ? total : "0.00";
    node["out_trade_no"] = trade->order.out_trade_no;
    node["point_amount"] = "0.00";
    node["receipt_amount"] = paid ? total : "0.00";
    if (paid) node["send_pay_date"] = to_beijing(*trade->paid_at);
    node["total_amount"] = total;
    node["trade_no"] = trade->trade_no;
    node["trade_status"] = name_of(trade->status);
    if (paid) {
        node["fund_bill_list"] =
            Json::array({Json{{"amount", total}, {"fund_channel", "ALIPAYACCOUNT"}}});
    }
    if (!trade->order.passback_params.empty()) {
        node["passback_params"] = trade->order.passback_params;
    }
    return handled;
}

Run close(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(
        only_fields(request.biz, {"trade_no", "out_trade_no", "operator_id", "notify_url"}));
    TOLLGATE_TRY(const Trade* named, named_trade(request, world));
    TOLLGATE_TRY(const Trade* trade, world.trades.close(named->trade_no, world.now));
    Handled handled;
    handled.node["out_trade_no"] = trade->order.out_trade_no;
    handled.node["trade_no"] = trade->trade_no;
    return handled;
}

constexpr std::array<Method, 6> kMethods = {{
    {.name = "alipay.trade.page.pay", .door = Door::page, .run = page_pay},
    {.name = "alipay.trade.wap.pay", .door = Door::page, .run = wap_pay},
    {.name = "alipay.trade.app.pay", .door = Door::app, .run = app_pay},
    {.name = "alipay.trade.precreate", .door = Door::call, .run = precreate},
    {.name = "alipay.trade.query", .door = Door::call, .run = query},
    {.name = "alipay.trade.close", .door = Door::call, .run = close},
}};

}  // namespace

const Method* find_method(std::string_view name) {
    const auto* found = std::ranges::find(kMethods, name, &Method::name);
    return found == kMethods.end() ? nullptr : found;
}

bool opened_by_buyer(const Method& method) {
    return method.door != Door::call;
}

}  // namespace tollgate::sandbox
