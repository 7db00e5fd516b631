#include "tests/gateway/little_alipay.h"

#include <algorithm>

#include "base/time_text.h"

namespace tollgate::testing {
namespace {

using Json = nlohmann::json;

Json refusal(const std::string& code) {
    return {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", code}, {"sub_msg", code}};
}

Json system_error() {
    return {{"code", "20000"},
            {"msg", "Service Currently Unavailable"},
            {"sub_code", "aop.ACQ.SYSTEM_ERROR"},
            {"sub_msg", "system error"}};
}

std::string yuan(std::int64_t fen) {
    return Money::from_fen(fen).to_yuan();
}

std::string number_of(const Json& biz) {
    return biz.value("out_trade_no", "");
}

}  // namespace

LittleAlipay::LittleAlipay(GatewayWorld& world) : clock_(world.clock) {
    world.alipay.script([this](const std::string& method, const Json& biz, auto ticket) {
        serve(method, biz, std::move(ticket));
    });
}

void LittleAlipay::open(const std::string& out_trade_no, std::int64_t fen) {
    const std::lock_guard lock(mutex_);
    trades_[out_trade_no].fen = fen;
}

void LittleAlipay::pay(const std::string& out_trade_no, std::int64_t fen) {
    const std::lock_guard lock(mutex_);
    trades_[out_trade_no] = {
        .status = "TRADE_SUCCESS", .fen = fen, .paid_at = to_beijing(clock_.now())};
}

void LittleAlipay::set(const std::string& out_trade_no, Trade trade) {
    const std::lock_guard lock(mutex_);
    trades_[out_trade_no] = std::move(trade);
}

LittleAlipay::Trade LittleAlipay::trade(const std::string& out_trade_no) const {
    const std::lock_guard lock(mutex_);
    const auto found = trades_.find(out_trade_no);
    return found == trades_.end() ? Trade{.status = "none"} : found->second;
}

std::int64_t LittleAlipay::refunded(const std::string& out_trade_no) const {
    std::int64_t sum = 0;
    for (const Refund& refund : trade(out_trade_no).refunds) sum += refund.fen;
    return sum;
}

void LittleAlipay::next(const std::string& method, Fault fault) {
    const std::lock_guard lock(mutex_);
    faults_[method].push_back(std::move(fault));
}

void LittleAlipay::always(const std::string& method, Fault fault) {
    const std::lock_guard lock(mutex_);
    lasting_[method] = std::move(fault);
}

void LittleAlipay::heal() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    lasting_.clear();
}

int LittleAlipay::calls(const std::string& method) const {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(method);
    return found == calls_.end() ? 0 : found->second;
}

std::optional<LittleAlipay::Fault> LittleAlipay::take_fault(const std::string& method) {
    auto& waiting = faults_[method];
    if (!waiting.empty()) {
        Fault fault = std::move(waiting.front());
        waiting.pop_front();
        return fault;
    }
    const auto lasting = lasting_.find(method);
    if (lasting == lasting_.end()) return std::nullopt;
    return lasting->second;
}

void LittleAlipay::serve(const std::string& method, const Json& biz, transport::Ticket ticket) {
    using Kind = Fault::Kind;
    const std::lock_guard lock(mutex_);
    ++calls_[method];
    const auto fault = take_fault(method);
    // A gateway that is not Alipay's answers in its place: no whole answer has come.
    const transport::ServerResponse lost{.status = 502, .body = "lost"};
    if (fault && fault->kind == Kind::lose_request) return ticket.complete(lost);
    if (fault && fault->kind == Kind::refuse) {
        return ticket.complete(ScriptedAlipay::answer(method, refusal(fault->code)));
    }
    if (fault && fault->kind == Kind::unsigned_refusal) {
        return ticket.complete(ScriptedAlipay::unsigned_answer(method, refusal(fault->code)));
    }
    Json answer = act(method, biz);
    if (fault && fault->kind == Kind::lose_answer) return ticket.complete(lost);
    if (fault && fault->kind == Kind::system_error) answer = system_error();
    if (fault && fault->kind == Kind::quiet_refund) answer["fund_change"] = "N";
    ticket.complete(ScriptedAlipay::answer(method, answer));
}

Json LittleAlipay::act(const std::string& method, const Json& biz) {
    if (method == "alipay.trade.query") return query(biz);
    if (method == "alipay.trade.close") return close(biz);
    if (method == "alipay.trade.cancel") return cancel(biz);
    if (method == "alipay.trade.refund") return refund(biz);
    if (method == "alipay.trade.fastpay.refund.query") return refund_query(biz);
    if (method == "alipay.trade.precreate") {
        return {{"code", "10000"},
                {"msg", "Success"},
                {"out_trade_no", number_of(biz)},
                {"qr_code", "https://qr.alipay.com/bax" + number_of(biz)}};
    }
    return refusal("isv.invalid-method");
}

Json LittleAlipay::query(const Json& biz) {
    const std::string number = number_of(biz);
    const auto found = trades_.find(number);
    if (found == trades_.end()) return refusal("ACQ.TRADE_NOT_EXIST");
    Json answer{{"code", "10000"},
                {"msg", "Success"},
                {"out_trade_no", number},
                {"trade_no", trade_no(number)},
                {"trade_status", found->second.status},
                {"total_amount", yuan(found->second.fen)}};
    if (!found->second.paid_at.empty()) answer["send_pay_date"] = found->second.paid_at;
    return answer;
}

Json LittleAlipay::close(const Json& biz) {
    const auto found = trades_.find(number_of(biz));
    if (found == trades_.end()) return refusal("ACQ.TRADE_NOT_EXIST");
    if (found->second.status != "WAIT_BUYER_PAY") return refusal("ACQ.TRADE_STATUS_ERROR");
    found->second.status = "TRADE_CLOSED";
    return {{"code", "10000"},
            {"msg", "Success"},
            {"out_trade_no", found->first},
            {"trade_no", trade_no(found->first)}};
}

Json LittleAlipay::cancel(const Json& biz) {
    const auto found = trades_.find(number_of(biz));
    Json answer{{"code", "10000"},
                {"msg", "Success"},
                {"out_trade_no", number_of(biz)},
                {"retry_flag", "N"}};
    if (found == trades_.end()) return answer;
    Trade& trade = found->second;
    answer["trade_no"] = trade_no(found->first);
    if (trade.status == "TRADE_CLOSED") {
        if (!trade.refunds.empty()) answer["action"] = "refund";
        return answer;
    }
    answer["action"] = trade.paid_at.empty() ? "close" : "refund";
    if (!trade.paid_at.empty()) trade.refunds.push_back({"cancel", trade.fen});
    trade.status = "TRADE_CLOSED";
    return answer;
}

Json LittleAlipay::refund(const Json& biz) {
    const auto found = trades_.find(number_of(biz));
    if (found == trades_.end()) return refusal("ACQ.TRADE_NOT_EXIST");
    Trade& trade = found->second;
    const std::int64_t fen = Money::parse_yuan(biz.value("refund_amount", ""))->fen();
    const std::string number = biz.value("out_request_no", "");
    const auto known = std::ranges::find(trade.refunds, number, &Refund::number);
    std::int64_t so_far = 0;
    for (const Refund& refund : trade.refunds) so_far += refund.fen;
    const bool is_new = known == trade.refunds.end();
    if (!is_new && known->fen != fen) return refusal("ACQ.DISCORDANT_REPEAT_REQUEST");
    if (is_new) {
        if (trade.status != "TRADE_SUCCESS") return refusal("ACQ.TRADE_HAS_CLOSE");
        if (so_far + fen > trade.fen) return refusal("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
        trade.refunds.push_back({number, fen});
        so_far += fen;
        if (so_far == trade.fen) trade.status = "TRADE_CLOSED";
    }
    return {{"code", "10000"},
            {"msg", "Success"},
            {"out_trade_no", found->first},
            {"trade_no", trade_no(found->first)},
            {"fund_change", is_new ? "Y" : "N"},
            {"refund_fee", yuan(so_far)}};
}

Json LittleAlipay::refund_query(const Json& biz) {
    const auto found = trades_.find(number_of(biz));
    if (found == trades_.end()) return refusal("ACQ.TRADE_NOT_EXIST");
    Json answer{{"code", "10000"}, {"msg", "Success"}};
    const auto known =
        std::ranges::find(found->second.refunds, biz.value("out_request_no", ""), &Refund::number);
    if (known == found->second.refunds.end()) return answer;
    answer["out_trade_no"] = found->first;
    answer["trade_no"] = trade_no(found->first);
    answer["out_request_no"] = known->number;
    answer["refund_status"] = "REFUND_SUCCESS";
    answer["refund_amount"] = yuan(known->fen);
    answer["total_amount"] = yuan(found->second.fen);
    return answer;
}

}  // namespace tollgate::testing
