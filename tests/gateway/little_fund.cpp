#include "tests/gateway/little_fund.h"

#include "base/money.h"
#include "base/time_text.h"

namespace tollgate::testing {
namespace {

using nlohmann::json;

json ok() {
    return {{"code", "10000"}, {"msg", "Success"}};
}

json refusal(const std::string& code) {
    return {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", code}, {"sub_msg", code}};
}

std::string yuan(std::int64_t fen) {
    return Money::from_fen(fen).to_yuan();
}

}  // namespace

LittleFund::LittleFund(ScriptedAlipay& alipay, Clock& clock) : clock_(clock) {
    alipay.script([this](const std::string& method, const json& biz, transport::Ticket ticket) {
        const auto answer = reply_to(method, biz);
        ticket.complete(answer ? ScriptedAlipay::answer(method, *answer)
                               : transport::ServerResponse{.status = 502, .body = "lost"});
    });
}

std::optional<json> LittleFund::reply_to(const std::string& method, const Json& biz) {
    const std::lock_guard lock(mutex_);
    ++calls_[method];
    const std::optional<Loss> loss = loss_of(method);
    if (loss == Loss::request) return std::nullopt;
    const auto refused = refusals_.find(method);
    json answer = refused == refusals_.end() ? act(method, biz) : refusal(refused->second);
    return loss ? std::nullopt : std::optional(std::move(answer));
}

std::optional<LittleFund::Loss> LittleFund::loss_of(const std::string& method) {
    ++all_;
    const auto found = losses_.find(method);
    if (found != losses_.end()) return losses_.extract(found).mapped();
    return fate_ ? fate_(all_) : std::nullopt;
}

void LittleFund::set_order(const std::string& order) {
    const std::lock_guard lock(mutex_);
    order_ = order;
}

void LittleFund::take(std::int64_t fen) {
    const std::lock_guard lock(mutex_);
    taken_ += fen;
    order_ = "FINISH";
}

void LittleFund::freeze_only(std::int64_t fen) {
    const std::lock_guard lock(mutex_);
    freezes_only_ = fen;
}

void LittleFund::lose(const std::string& method, Loss loss) {
    const std::lock_guard lock(mutex_);
    losses_.emplace(method, loss);
}

void LittleFund::lose_by(Fate fate) {
    const std::lock_guard lock(mutex_);
    fate_ = std::move(fate);
}

void LittleFund::refuse(const std::string& method, const std::string& code) {
    const std::lock_guard lock(mutex_);
    refusals_[method] = code;
}

void LittleFund::heal() {
    const std::lock_guard lock(mutex_);
    refusals_.clear();
    losses_.clear();
    fate_ = {};
}

int LittleFund::calls(const std::string& method) const {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(method);
    return found == calls_.end() ? 0 : found->second;
}

int LittleFund::all_calls() const {
    const std::lock_guard lock(mutex_);
    return all_;
}

std::int64_t LittleFund::taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
}

std::int64_t LittleFund::captures() const {
    const std::lock_guard lock(mutex_);
    return captures_;
}

std::string LittleFund::order() const {
    const std::lock_guard lock(mutex_);
    return order_;
}

json LittleFund::named(json answer) {
    answer["out_order_no"] = number_;
    answer["out_request_no"] = number_;
    return answer;
}

json LittleFund::act(const std::string& method, const json& biz) {
    if (method == "alipay.fund.auth.order.freeze") return open(biz, "AUTHORIZED");
    if (method == "alipay.fund.auth.order.voucher.create") return open(biz, "INIT");
    if (method == "alipay.fund.auth.operation.detail.query") return detail();
    if (method == "alipay.fund.auth.operation.cancel") return cancel();
    if (method == "alipay.fund.auth.order.unfreeze") return unfreeze(biz);
    if (method == "alipay.trade.pay") return pay(biz);
    if (method == "alipay.trade.query") return query();
    return refusal("isv.invalid-method");
}

json LittleFund::open(const json& biz, const std::string& order) {
    number_ = biz.value("out_order_no", "");
    if (order_.empty()) order_ = order;
    frozen_ = freezes_only_.value_or(Money::parse_yuan(biz.value("amount", ""))->fen());
    json answer = named(ok());
    if (order == "INIT") {
        answer["code_value"] = "https://qr.alipay.com/" + number_;
        return answer;
    }
    answer["auth_no"] = "2026auth";
    answer["status"] = "SUCCESS";
    answer["amount"] = yuan(frozen_);
    return answer;
}

json LittleFund::detail() {
    if (order_.empty()) return refusal("AUTH_ORDER_NOT_EXIST");
    json answer = named(ok());
    answer["order_status"] = order_;
    answer["status"] = order_ == "INIT" ? "INIT" : order_ == "CLOSED" ? "CLOSED" : "SUCCESS";
    answer["auth_no"] = "2026auth";
    answer["payer_user_id"] = "2088000000000002";
    answer["amount"] = yuan(frozen_);
    answer["total_pay_amount"] = yuan(taken_);
    return answer;
}

json LittleFund::cancel() {
    if (order_.empty()) return refusal("AUTH_ORDER_NOT_EXIST");
    if (order_ == "FINISH") return refusal("ORDER_ALREADY_FINISH");
    json answer = named(ok());
    answer["action"] = order_ == "AUTHORIZED" ? "unfreeze" : "close";
    order_ = order_ == "AUTHORIZED" ? "FINISH" : "CLOSED";
    return answer;
}

json LittleFund::unfreeze(const json& biz) {
    if (order_ != "AUTHORIZED") return refusal("ORDER_ALREADY_FINISH");
    const std::int64_t fen = Money::parse_yuan(biz.value("amount", ""))->fen();
    if (fen > frozen_) return refusal("REQUEST_AMOUNT_EXCEED");
    if (fen == frozen_) order_ = "FINISH";
    json answer = ok();
    answer["auth_no"] = "2026auth";
    answer["out_request_no"] = biz["out_request_no"];
    answer["status"] = "SUCCESS";
    return answer;
}

// The same number again finds the trade paid, as Alipay does it.
json LittleFund::pay(const json& biz) {
    if (biz.value("auth_confirm_mode", "") != "COMPLETE") return refusal("ACQ.INVALID_PARAMETER");
    if (captures_ > 0) return refusal("ACQ.TRADE_HAS_SUCCESS");
    if (order_ != "AUTHORIZED") return refusal("ACQ.AUTH_ORDER_HAS_FINISHED");
    taken_ += Money::parse_yuan(biz.value("total_amount", ""))->fen();
    ++captures_;
    order_ = "FINISH";
    json answer = ok();
    answer["out_trade_no"] = number_;
    answer["trade_no"] = "2026" + number_;
    answer["total_amount"] = yuan(taken_);
    return answer;
}

// What somebody else took is under his number.
json LittleFund::query() {
    if (captures_ == 0) return refusal("ACQ.TRADE_NOT_EXIST");
    json answer = ok();
    answer["out_trade_no"] = number_;
    answer["trade_no"] = "2026" + number_;
    answer["trade_status"] = "TRADE_SUCCESS";
    answer["total_amount"] = yuan(taken_);
    answer["send_pay_date"] = to_beijing(clock_.now());
    return answer;
}

}  // namespace tollgate::testing
