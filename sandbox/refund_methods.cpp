#include "sandbox/refund_methods.h"

#include <algorithm>

#include "base/time_text.h"
#include "sandbox/biz_fields.h"
#include "sandbox/refusal.h"
#include "sandbox/trade_methods.h"

namespace tollgate::sandbox {
namespace {

// Which of the answer's optional parts the request wants.
Result<std::vector<std::string>> read_query_options(const Json& biz) {
    std::vector<std::string> options;
    const Json* list = member(biz, "query_options");
    if (list == nullptr) return options;
    if (!list->is_array()) return invalid_parameter("query_options", "应为JSON数组");
    for (const Json& option : *list) {
        if (!option.is_string()) return invalid_parameter("query_options", "应为字符串数组");
        options.push_back(option.get<std::string>());
    }
    return options;
}

bool wants(const std::vector<std::string>& options, std::string_view name) {
    return std::ranges::find(options, name) != options.end();
}

Json refund_items(const Refund& refund) {
    return Json::array(
        {Json{{"amount", refund.amount.to_yuan()}, {"fund_channel", "ALIPAYACCOUNT"}}});
}

// Without a number of its own a refund is the whole of the trade, under the trade's number.
Result<RefundOrder> read_refund(const Json& biz, const Trade& trade) {
    RefundOrder order;
    TOLLGATE_TRY(order.amount, need_amount(biz, "refund_amount"));
    TOLLGATE_TRY(order.reason, may_have_text(biz, "refund_reason", 256));
    TOLLGATE_TRY(order.out_request_no, may_have_number(biz, "out_request_no"));
    if (!order.out_request_no.empty()) return order;
    if (order.amount != trade.order.total) {
        return invalid_parameter("out_request_no", "部分退款时不能为空");
    }
    order.out_request_no = trade.order.out_trade_no;
    return order;
}

Result<Done> check_refund_shapes(const Json& biz) {
    for (const char* name : {"refund_goods_detail", "refund_royalty_parameters"}) {
        const Json* value = member(biz, name);
        if (value != nullptr && !value->is_array()) return invalid_parameter(name, "应为JSON数组");
    }
    TOLLGATE_TRY(const std::string currency, may_have_text(biz, "refund_currency", 16));
    if (!currency.empty() && currency != "CNY") {
        return refusal("ACQ.CURRENCY_NOT_SUPPORT", "退款币种不支持：" + currency);
    }
    TOLLGATE_DO(may_have_text(biz, "operator_id", 30));
    TOLLGATE_DO(may_have_text(biz, "store_id", 32));
    TOLLGATE_DO(may_have_text(biz, "terminal_id", 32));
    return Done{};
}

Json deposit_back_node(const Refund& refund) {
    if (!refund.deposit_back) return {{"has_deposit_back", "false"}};
    const DepositBack& back = *refund.deposit_back;
    return {{"has_deposit_back", "true"},
            {"dback_status", back.status},
            {"dback_amount", back.amount.to_yuan()},
            {"bank_ack_time", to_beijing(back.at)}};
}

}  // namespace

Run refund(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(only_fields(
        request.biz,
        {"trade_no", "out_trade_no", "refund_amount", "refund_reason", "out_request_no",
         "refund_goods_detail", "refund_royalty_parameters", "operator_id", "store_id",
         "terminal_id", "refund_currency", "query_options", "related_settle_confirm_no"}));
    TOLLGATE_DO(check_refund_shapes(request.biz));
    TOLLGATE_TRY(const auto options, read_query_options(request.biz));
    TOLLGATE_TRY(const Trade* named, named_trade(request, world));
    TOLLGATE_TRY(const RefundOrder order, read_refund(request.biz, *named));
    TOLLGATE_TRY(const RefundOutcome outcome,
                 world.books.trades.refund(named->trade_no, order, world.now));
    const Trade& trade = *outcome.trade;
    Handled handled;
    Json& node = handled.node;
    add_buyer(node, trade.order.buyer);
    node["fund_change"] = outcome.moved ? "Y" : "N";
    node["gmt_refund_pay"] = to_beijing(outcome.refund.at);
    node["out_trade_no"] = trade.order.out_trade_no;
    if (wants(options, "refund_detail_item_list")) {
        node["refund_detail_item_list"] = refund_items(outcome.refund);
    }
    node["refund_fee"] = trade.refunded.to_yuan();
    node["send_back_fee"] = outcome.refund.amount.to_yuan();
    node["trade_no"] = trade.trade_no;
    return handled;
}

// A number that Alipay does not know is answered with success and without a word of a refund.
Run refund_query(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_DO(
        only_fields(request.biz, {"trade_no", "out_trade_no", "out_request_no", "query_options"}));
    TOLLGATE_TRY(const std::string number, need_text(request.biz, "out_request_no", 64));
    TOLLGATE_TRY(const auto options, read_query_options(request.biz));
    TOLLGATE_TRY(const Trade* trade, named_trade(request, world));
    Handled handled;
    Json& node = handled.node;
    const Refund* refund = find_refund(*trade, number);
    if (refund == nullptr) return handled;
    node["out_request_no"] = refund->out_request_no;
    node["out_trade_no"] = trade->order.out_trade_no;
    node["refund_amount"] = refund->amount.to_yuan();
    if (!refund->reason.empty()) node["refund_reason"] = refund->reason;
    node["refund_status"] = "REFUND_SUCCESS";
    node["send_back_fee"] = refund->amount.to_yuan();
    node["total_amount"] = trade->order.total.to_yuan();
    node["trade_no"] = trade->trade_no;
    if (wants(options, "gmt_refund_pay")) node["gmt_refund_pay"] = to_beijing(refund->at);
    if (wants(options, "refund_detail_item_list")) {
        node["refund_detail_item_list"] = refund_items(*refund);
    }
    if (wants(options, "deposit_back_info")) node["deposit_back_info"] = deposit_back_node(*refund);
    return handled;
}

}  // namespace tollgate::sandbox
