#include "sandbox/pay_methods.h"

#include "base/check.h"
#include "base/time_text.h"
#include "sandbox/biz_fields.h"
#include "sandbox/pay_order.h"
#include "sandbox/refusal.h"
#include "sandbox/trade_methods.h"

namespace tollgate::sandbox {
namespace {

// Face to face, an order that nobody pays is closed after three hours.
constexpr std::chrono::hours kFaceToFaceWindow{3};
// On a phone, timeout_express below five minutes counts as five (protocol notes 9.0).
constexpr std::chrono::minutes kPhoneWindowLeast{5};

Run open_cashier(const SignedRequest& request, const MethodWorld& world, const PayRules& rules) {
    TOLLGATE_TRY(const PayOrder order, read_pay_order(request, rules));
    TOLLGATE_TRY(const Trade* trade, world.books.trades.open(order, world.now));
    return Handled{.cashier = trade->cashier};
}

bool is_user_id(std::string_view text) {
    return text.size() == 16 && text.starts_with("2088") &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A user id that ends in 404 is nobody's.
Result<Buyer> read_buyer(const Json& biz) {
    TOLLGATE_TRY(const std::string id, may_have_text(biz, "buyer_id", 28));
    TOLLGATE_TRY(const std::string open_id, may_have_text(biz, "buyer_open_id", 128));
    TOLLGATE_TRY(const std::string logon_id, may_have_text(biz, "buyer_logon_id", 100));
    if (id.empty() && open_id.empty() && logon_id.empty()) {
        return invalid_parameter("buyer_id", "与 buyer_open_id、buyer_logon_id 不能同时为空");
    }
    Buyer buyer{.open_id = open_id};
    if (!logon_id.empty()) buyer.logon_id = logon_id;
    if (id.empty()) {
        if (!open_id.empty()) buyer.user_id.clear();
        return buyer;
    }
    if (!is_user_id(id)) return invalid_parameter("buyer_id", "应为2088开头的16位数字");
    if (id.ends_with("404")) return refusal("ACQ.BUYER_NOT_EXIST", "买家不存在");
    buyer.user_id = id;
    return buyer;
}

Result<std::string> read_auth_code(const Json& biz) {
    TOLLGATE_TRY(const std::string scene, may_have_text(biz, "scene", 32));
    if (!scene.empty() && scene != "bar_code" && scene != "security_code") {
        return invalid_parameter("scene", "应为 bar_code 或 security_code");
    }
    TOLLGATE_TRY(std::string code, need_text(biz, "auth_code", 64));
    if (!is_auth_code(code)) {
        return refusal("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败，获取顾客账户信息失败");
    }
    return code;
}

Json pay_node(const Trade& trade) {
    Json node = Json::object();
    add_buyer(node, trade.order.buyer);
    node["out_trade_no"] = trade.order.out_trade_no;
    node["total_amount"] = trade.order.total.to_yuan();
    node["trade_no"] = trade.trade_no;
    return node;
}

Handled paid(const Trade& trade, Timestamp paid_at) {
    Handled handled{.node = pay_node(trade)};
    const std::string total = trade.order.total.to_yuan();
    handled.node["receipt_amount"] = total;
    handled.node["buyer_pay_amount"] = total;
    handled.node["invoice_amount"] = total;
    handled.node["point_amount"] = "0.00";
    handled.node["gmt_payment"] = to_beijing(paid_at);
    handled.node["fund_bill_list"] =
        Json::array({Json{{"amount", total}, {"fund_channel", "ALIPAYACCOUNT"}}});
    return handled;
}

Handled waits(const Trade& trade) {
    return Handled{.node = pay_node(trade), .reply = Reply::waits};
}

Error unclear() {
    return refusal("aop.ACQ.SYSTEM_ERROR", "系统繁忙");
}

// Plays the buyer whose code was scanned, on a trade that waits for him.
Run play(Story story, const Trade& trade, const MethodWorld& world) {
    TradeBook& trades = world.books.trades;
    const std::string trade_no = trade.trade_no;
    switch (story) {
        case Story::pays: {
            if (trade.order.total > world.no_password_max) return waits(trade);
            TOLLGATE_TRY(const Trade* done, trades.pay(trade_no, world.now));
            return paid(*done, world.now);
        }
        case Story::waits: return waits(trade);
        case Story::unclear_unpaid: return unclear();
        case Story::unclear_paid: {
            TOLLGATE_DO(trades.pay(trade_no, world.now));
            return unclear();
        }
        case Story::silent_paid: {
            TOLLGATE_DO(trades.pay(trade_no, world.now));
            return Handled{.reply = Reply::never};
        }
        case Story::silent_unpaid: return Handled{.reply = Reply::never};
        case Story::rolled_back: {
            TOLLGATE_DO(trades.close(trade_no, world.now));
            return paid(trade, world.now);
        }
        case Story::leaves: {
            TOLLGATE_DO(trades.close(trade_no, world.now));
            return waits(trade);
        }
        case Story::bad_code:
        case Story::no_money:
        case Story::unclear_lost: break;  // Refused before there was a trade.
    }
    TOLLGATE_CHECK(false);
}

Result<Done> refuse_before_trade(Story story) {
    if (story == Story::bad_code) {
        return refusal("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败，获取顾客账户信息失败");
    }
    if (story == Story::no_money) {
        return refusal("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足");
    }
    if (story == Story::unclear_lost) return unclear();
    return Done{};
}

// Pays out of frozen money (protocol notes 9.16).
Run capture(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(
        PayOrder order,
        read_pay_order(request, {.product_codes = {"PRE_AUTH", "PRE_AUTH_ONLINE"},
                                 .product_code_needed = true,
                                 .more_fields = {"auth_no", "auth_confirm_mode", "buyer_id",
                                                 "buyer_open_id", "scene", "is_async_pay"},
                                 .default_window = kFaceToFaceWindow}));
    TOLLGATE_TRY(const std::string auth_no, need_text(request.biz, "auth_no", 64));
    TOLLGATE_TRY(const std::string mode, may_have_text(request.biz, "auth_confirm_mode", 32));
    if (!mode.empty() && mode != "COMPLETE" && mode != "NOT_COMPLETE") {
        return invalid_parameter("auth_confirm_mode", "应为 COMPLETE 或 NOT_COMPLETE");
    }
    TOLLGATE_TRY(const std::string buyer, may_have_text(request.biz, "buyer_id", 28));
    Books& books = world.books;
    // A repeat is told so, not that the frozen money is used up.
    const Trade* known = books.trades.by_out_trade_no(order.seller_id, order.out_trade_no);
    if (known == nullptr) {
        TOLLGATE_TRY(const AuthOrder* auth, books.auths.may_pay(auth_no, order.total, world.now));
        if (auth->order.seller_id != order.seller_id) {
            return refusal("ACQ.AUTH_NO_ERROR", "预授权号错误或不存在");
        }
        if (auth->order.product_code != order.product_code) {
            return refusal("ACQ.PRE_AUTH_PROD_CODE_INCONSISTENT", "预授权产品码不一致");
        }
        if (!buyer.empty() && buyer != auth->order.payer.user_id) {
            return refusal("ACQ.TRADE_BUYER_NOT_MATCH", "交易买家不匹配");
        }
        order.buyer = auth->order.payer;
    }
    TOLLGATE_TRY(const Trade* trade, books.trades.open(order, world.now));
    TOLLGATE_TRY(const Trade* done, books.trades.pay(trade->trade_no, world.now));
    books.auths.pay(auth_no, order.out_trade_no, order.total, mode == "COMPLETE", world.now);
    return paid(*done, world.now);
}

}  // namespace

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
                         .more_fields = {"quit_url", "auth_token", "specified_channel"},
                         .least_window = kPhoneWindowLeast});
}

Run app_pay(const SignedRequest& request, const MethodWorld& world) {
    return open_cashier(request, world,
                        {.product_codes = {"QUICK_MSECURITY_PAY", "CYCLE_PAY_AUTH"},
                         .more_fields = {"specified_channel", "agreement_sign_params"},
                         .least_window = kPhoneWindowLeast});
}

Run precreate(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(
        PayOrder order,
        read_pay_order(request, {.product_codes = {"FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"},
                                 .more_fields = {"discountable_amount", "undiscountable_amount",
                                                 "qr_code_timeout_express"},
                                 .default_window = kFaceToFaceWindow}));
    TOLLGATE_TRY(order.code_window, may_have_window(request.biz, "qr_code_timeout_express"));
    TOLLGATE_TRY(const std::string code, world.books.trades.offer(order, world.now));
    Handled handled;
    handled.node["out_trade_no"] = order.out_trade_no;
    handled.node["qr_code"] = std::string(world.base_url) + "/qr/" + code;
    return handled;
}

Run create(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(
        PayOrder order,
        read_pay_order(request, {.product_codes = {"FACE_TO_FACE_PAYMENT", "JSAPI_PAY"},
                                 .more_fields = {"buyer_id", "buyer_open_id", "buyer_logon_id",
                                                 "op_app_id", "op_buyer_open_id",
                                                 "receiver_address_info", "logistics_detail",
                                                 "discountable_amount", "undiscountable_amount"},
                                 .default_window = kFaceToFaceWindow}));
    TOLLGATE_TRY(order.buyer, read_buyer(request.biz));
    if (order.product_code == "JSAPI_PAY") {
        TOLLGATE_DO(need_text(request.biz, "op_app_id", 64));
    }
    TOLLGATE_TRY(const Trade* trade, world.books.trades.open(order, world.now));
    if (trade->order.buyer != order.buyer) {
        return refusal("ACQ.TRADE_BUYER_NOT_MATCH", "交易买家不匹配");
    }
    Handled handled;
    handled.node["out_trade_no"] = trade->order.out_trade_no;
    handled.node["trade_no"] = trade->trade_no;
    return handled;
}

Run pay(const SignedRequest& request, const MethodWorld& world) {
    if (member(request.biz, "auth_no") != nullptr) return capture(request, world);
    TOLLGATE_TRY(
        const PayOrder order,
        read_pay_order(request, {.product_codes = {"FACE_TO_FACE_PAYMENT", "OFFLINE_PAYMENT"},
                                 .more_fields = {"auth_code", "scene", "discountable_amount",
                                                 "undiscountable_amount", "is_async_pay"},
                                 .default_window = kFaceToFaceWindow}));
    TOLLGATE_TRY(const std::string code, read_auth_code(request.biz));
    const Story story = story_of(code);
    TOLLGATE_DO(refuse_before_trade(story));
    if (!world.books.auth_codes.take(code, order.seller_id + "/" + order.out_trade_no)) {
        return refusal("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败，付款码已被使用");
    }
    TOLLGATE_TRY(const Trade* trade, world.books.trades.open(order, world.now));
    return play(story, *trade, world);
}

}  // namespace tollgate::sandbox
