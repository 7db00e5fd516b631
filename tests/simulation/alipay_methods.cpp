#include <array>

#include "base/time_text.h"
#include "signing/fields.h"
#include "tests/simulation/alipay_model.h"

// What Alipay's gateway does: the sandbox's book says what may be, this says it in the protocol's
// words.
namespace tollgate::simulation {
namespace {

using Json = nlohmann::json;

Json refused(const std::string& sub_code) {
    return {{"code", "40004"},
            {"msg", "Business Failed"},
            {"sub_code", sub_code},
            {"sub_msg", "simulated"}};
}

Json refused(const Error& refusal) {
    return refused(refusal.reason().empty() ? "ACQ.SYSTEM_ERROR" : refusal.reason());
}

Json done(const sandbox::Trade& trade) {
    return {{"code", "10000"},
            {"msg", "Success"},
            {"out_trade_no", trade.order.out_trade_no},
            {"trade_no", trade.trade_no}};
}

}  // namespace

Json AlipayModel::run(const std::string& method, const signing::Fields& fields, const Json& biz) {
    const bool creates = method == "alipay.trade.precreate" || method == "alipay.trade.create" ||
                         method == "alipay.trade.pay";
    if (method.starts_with("alipay.fund.auth.")) return run_auth(method, fields, biz);
    if (creates && biz.contains("auth_no")) return capture(fields, biz);
    if (creates) {
        const auto order = order_of(fields, biz);
        if (trade(order.out_trade_no) == nullptr && dice_.chance(faults_.refusals)) {
            return refused("ACQ.PARTNER_ERROR");
        }
        if (method == "alipay.trade.precreate") return precreate(order);
        return method == "alipay.trade.create" ? create(order) : pay_at_till(order);
    }
    if (method == "alipay.trade.query") return query(biz);
    if (method == "alipay.trade.close") return close(biz);
    if (method == "alipay.trade.cancel") return cancel(biz);
    if (method == "alipay.trade.refund") {
        return refund(biz, std::string(signing::find(fields, "sign").value_or("")));
    }
    if (method == "alipay.trade.fastpay.refund.query") return refund_query(biz);
    return refused("isv.invalid-method");
}

Json AlipayModel::precreate(const sandbox::PayOrder& order) {
    const auto code = book_.offer(order, seams_.world.now());
    if (!code) return refused(code.error());
    return {{"code", "10000"},
            {"msg", "Success"},
            {"out_trade_no", order.out_trade_no},
            {"qr_code", *code}};
}

Json AlipayModel::create(const sandbox::PayOrder& order) {
    const auto trade = book_.open(order, seams_.world.now());
    return trade ? done(**trade) : refused(trade.error());
}

// The buyer's code was scanned: most pay at once, some have to type a password first, and of those
// some never do.
Json AlipayModel::pay_at_till(const sandbox::PayOrder& order) {
    const auto opened = book_.open(order, seams_.world.now());
    if (!opened) {
        const auto* known = trade(order.out_trade_no);
        const bool has_paid = known != nullptr && known->paid_at &&
                              known->status == sandbox::TradeStatus::trade_success;
        return has_paid ? done(*known) : refused(opened.error());
    }
    const std::string trade_no = (*opened)->trade_no;
    if (dice_.chance(600)) {
        pay(trade_no);
        return done(*book_.by_trade_no(trade_no));
    }
    if (dice_.chance(700)) {
        seams_.world.after(std::chrono::milliseconds(dice_.between(1'000, 90'000)),
                           [this, trade_no] { pay(trade_no); });
    }
    Json node = done(**opened);
    node["code"] = "10003";
    return node;
}

Json AlipayModel::query(const Json& biz) {
    const auto* trade = this->trade(biz.value("out_trade_no", ""));
    if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
    Json node = done(*trade);
    node["trade_status"] = std::string(name_of(trade->status));
    node["total_amount"] = trade->order.total.to_yuan();
    if (trade->paid_at) node["send_pay_date"] = to_beijing(*trade->paid_at);
    return node;
}

Json AlipayModel::close(const Json& biz) {
    const auto* trade = this->trade(biz.value("out_trade_no", ""));
    if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
    const auto closed = book_.close(trade->trade_no, seams_.world.now());
    return closed ? done(**closed) : refused(closed.error());
}

Json AlipayModel::cancel(const Json& biz) {
    const auto* trade = this->trade(biz.value("out_trade_no", ""));
    if (trade == nullptr) {
        return {{"code", "10000"},
                {"msg", "Success"},
                {"out_trade_no", biz.value("out_trade_no", "")},
                {"retry_flag", "N"}};
    }
    const auto outcome = book_.cancel(trade->trade_no, seams_.world.now());
    if (!outcome) return refused(outcome.error());
    Json node = done(*outcome->trade);
    node["retry_flag"] = "N";
    node["action"] = outcome->action == sandbox::CancelAction::refund ? "refund" : "close";
    return node;
}

Json AlipayModel::refund(const Json& biz, const std::string& sign) {
    const auto* trade = this->trade(biz.value("out_trade_no", ""));
    if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
    const auto amount = Money::parse_yuan(biz.value("refund_amount", ""));
    const std::string number = biz.value("out_request_no", "");
    if (!amount || number.empty()) return refused("ACQ.INVALID_PARAMETER");
    const auto* known = sandbox::find_refund(*trade, number);
    if (known == nullptr && wants_no_refund(sign)) {
        return refused("ACQ.SELLER_BALANCE_NOT_ENOUGH");
    }
    if (known != nullptr && wants_no_repeat(*known, sign)) return refused(refusal_of_a_repeat());
    const auto outcome =
        book_.refund(trade->trade_no, {.out_request_no = number, .amount = *amount, .reason = ""},
                     seams_.world.now());
    if (!outcome) return refused(outcome.error());
    Json node = done(*outcome->trade);
    if (outcome->moved) refund_made_by_[number] = sign;
    node["fund_change"] = outcome->moved ? "Y" : "N";
    node["refund_fee"] = outcome->trade->refunded.to_yuan();
    node["send_back_fee"] = outcome->refund.amount.to_yuan();
    return node;
}

// The seller has no money for a moment. A request that the network has doubled meets the same
// refusal; an earlier call that arrives late does not.
bool AlipayModel::wants_no_refund(const std::string& sign) {
    if (refused_.contains(sign)) return true;
    if (!dice_.chance(faults_.refusals)) return false;
    refused_.insert(sign);
    return true;
}

// What was done is refused when it is asked for again: no proof that it was not done. A request
// that the network has doubled gets the answer of the first.
bool AlipayModel::wants_no_repeat(const sandbox::Refund& known, const std::string& sign) {
    const auto made_by = refund_made_by_.find(known.out_request_no);
    const bool doubled = made_by != refund_made_by_.end() && made_by->second == sign;
    return !doubled && dice_.chance(faults_.repeat_refusals);
}

// Each word that it has for a refund that it does not make (protocol notes 9.10).
std::string AlipayModel::refusal_of_a_repeat() {
    constexpr std::array kRefusals{"SELLER_BALANCE_NOT_ENOUGH",
                                   "REFUND_AMT_NOT_EQUAL_TOTAL",
                                   "REASON_TRADE_REFUND_FEE_ERR",
                                   "REFUND_FEE_ERROR",
                                   "DISCORDANT_REPEAT_REQUEST",
                                   "TRADE_NOT_EXIST",
                                   "TRADE_HAS_FINISHED",
                                   "TRADE_STATUS_ERROR",
                                   "TRADE_HAS_CLOSE",
                                   "TRADE_NOT_ALLOW_REFUND",
                                   "NOT_ALLOW_PARTIAL_REFUND",
                                   "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
                                   "REASON_TRADE_BEEN_FREEZEN",
                                   "REASON_TRADE_STATUS_INVALID",
                                   "BUYER_ENABLE_STATUS_FORBID",
                                   "BUYER_NOT_EXIST",
                                   "CURRENCY_NOT_SUPPORT",
                                   "ALLOC_AMOUNT_VALIDATE_ERROR",
                                   "REFUNDALLOC_UNAUTH_LIMIT",
                                   "REFUND_ACCOUNT_NOT_EXIST",
                                   "REFUND_CHARGE_ERROR"};
    return "ACQ." + std::string(kRefusals.at(dice_.below(kRefusals.size())));
}

// A number that Alipay does not know, or not yet, is answered with success and without a word of a
// refund.
Json AlipayModel::refund_query(const Json& biz) {
    const auto* trade = this->trade(biz.value("out_trade_no", ""));
    if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
    const auto* refund = sandbox::find_refund(*trade, biz.value("out_request_no", ""));
    const auto unseen = unseen_until_.find(biz.value("out_request_no", ""));
    const bool is_unseen = unseen != unseen_until_.end() && seams_.world.now() < unseen->second;
    if (refund == nullptr || is_unseen) return {{"code", "10000"}, {"msg", "Success"}};
    Json node = done(*trade);
    node["out_request_no"] = refund->out_request_no;
    node["refund_amount"] = refund->amount.to_yuan();
    node["refund_status"] = "REFUND_SUCCESS";
    node["total_amount"] = trade->order.total.to_yuan();
    node["gmt_refund_pay"] = to_beijing(refund->at);
    return node;
}

}  // namespace tollgate::simulation
