#include "sandbox/trade_methods.h"

#include "base/check.h"
#include "base/time_text.h"
#include "sandbox/biz_fields.h"
#include "sandbox/common_parameters.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

std::string_view name_of(CancelAction action) {
    switch (action) {
        case CancelAction::none: return "";
        case CancelAction::close: return "close";
        case CancelAction::refund: return "refund";
    }
    TOLLGATE_CHECK(false);
}

// The address for the report of a closing: the call's own, in v2 or (in biz_content) v3 manner.
Result<std::string> close_notify_url(const SignedRequest& request) {
    TOLLGATE_TRY(std::string url, may_have_text(request.biz, "notify_url", 256));
    if (!url.empty() && !is_http_url(url)) {
        return invalid_parameter("notify_url", "不是完整的http或https地址");
    }
    return url.empty() ? value_of(request.fields, "notify_url") : url;
}

}  // namespace

Result<const Trade*> named_trade(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(const std::string trade_no, may_have_text(request.biz, "trade_no", 64));
    TOLLGATE_TRY(const std::string out_trade_no, may_have_text(request.biz, "out_trade_no", 64));
    if (trade_no.empty() && out_trade_no.empty()) {
        return invalid_parameter("out_trade_no", "与 trade_no 不能同时为空");
    }
    world.books.trades.expire(world.now);
    const std::string& seller = request.app->seller_id;
    const Trade* trade = trade_no.empty() ? world.books.trades.by_out_trade_no(seller, out_trade_no)
                                          : world.books.trades.by_trade_no(trade_no);
    // A trade of another merchant does not exist for this one.
    if (trade == nullptr || trade->order.seller_id != seller) {
        return refusal("ACQ.TRADE_NOT_EXIST", "交易不存在");
    }
    return trade;
}

void add_buyer(Json& node, const Buyer& buyer) {
    node["buyer_logon_id"] = masked(buyer.logon_id);
    if (!buyer.user_id.empty()) node["buyer_user_id"] = buyer.user_id;
    if (!buyer.open_id.empty()) node["buyer_open_id"] = buyer.open_id;
}

Run query(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(only_fields(request.biz, {"trade_no", "out_trade_no", "org_pid", "query_options"}));
    TOLLGATE_TRY(const Trade* trade, named_trade(request, world));
    const bool paid = trade->paid_at.has_value();
    const std::string total = trade->order.total.to_yuan();
    Handled handled;
    Json& node = handled.node;
    add_buyer(node, trade->order.buyer);
    node["buyer_pay_amount"] = paid ? total : "0.00";
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
    if (!trade->order.store_id.empty()) node["store_id"] = trade->order.store_id;
    if (!trade->order.terminal_id.empty()) node["terminal_id"] = trade->order.terminal_id;
    if (!trade->order.passback_params.empty()) {
        node["passback_params"] = trade->order.passback_params;
    }
    return handled;
}

Run close(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(
        only_fields(request.biz, {"trade_no", "out_trade_no", "operator_id", "notify_url"}));
    TOLLGATE_DO(may_have_text(request.biz, "operator_id", 28));
    TOLLGATE_TRY(const std::string notify_url, close_notify_url(request));
    TOLLGATE_TRY(const Trade* named, named_trade(request, world));
    TOLLGATE_TRY(const Trade* trade, world.books.trades.close(named->trade_no, world.now));
    Handled handled;
    handled.node["out_trade_no"] = trade->order.out_trade_no;
    handled.node["trade_no"] = trade->trade_no;
    Notice notice = trade_notice(*trade);
    notice.url = notify_url;
    handled.notices.push_back(std::move(notice));
    return handled;
}

// A number that names no trade is answered without an action: there was nothing to cancel.
Run cancel(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(only_fields(request.biz, {"trade_no", "out_trade_no", "notify_url"}));
    Handled handled;
    Json& node = handled.node;
    const auto named = named_trade(request, world);
    if (!named && named.error().reason() != "ACQ.TRADE_NOT_EXIST") return named.error();
    if (!named) {
        for (const char* name : {"out_trade_no", "trade_no"}) {
            if (const auto text = text_member(request.biz, name)) node[name] = *text;
        }
        node["retry_flag"] = "N";
        return handled;
    }
    TOLLGATE_TRY(const CancelOutcome outcome,
                 world.books.trades.cancel((*named)->trade_no, world.now));
    node["action"] = name_of(outcome.action);
    node["out_trade_no"] = outcome.trade->order.out_trade_no;
    node["retry_flag"] = "N";
    node["trade_no"] = outcome.trade->trade_no;
    if (outcome.action == CancelAction::refund) {
        node["gmt_refund_pay"] = to_beijing(outcome.trade->refunds.back().at);
    }
    return handled;
}

}  // namespace tollgate::sandbox
