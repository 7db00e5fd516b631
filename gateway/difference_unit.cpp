#include "gateway/difference_unit.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/json_object.h"
#include "callbacks/evidence.h"
#include "callbacks/promotion.h"
#include "gateway/answers.h"
#include "ledger/state_table.h"

namespace tollgate::gateway {
namespace {

using callbacks::Evidence;
using callbacks::read_evidence;
using ledger::Decision;
using ledger::DifferenceView;
using ledger::Payment;
using ledger::PaymentStatus;
using transport::ServerResponse;

ApiProblem not_found() {
    return {.status = 404, .code = "difference_not_found", .title = "There is no such difference"};
}

ApiProblem settled_already(const DifferenceView& difference) {
    return {.status = 409,
            .code = "difference_settled",
            .title = "Somebody has settled this difference already",
            .members = R"(,"difference":)" + difference_json(difference)};
}

ApiProblem cannot_refund(std::string why) {
    return {.status = 409,
            .code = "refund_not_possible",
            .title = "This cannot be refunded from here: " + why +
                     ". Refund it at Alipay's own pages, then settle with ignore"};
}

// Whether differences of this class keep a payment out of the timers' hands.
bool holds(std::string_view difference_class) {
    constexpr std::array<std::string_view, 3> kOfMoneyThatCame = {"missing_at_alipay",
                                                                  "status_ahead", "fee_differs"};
    return !difference_class.starts_with("overdue_") && !difference_class.starts_with("refund") &&
           std::ranges::find(kOfMoneyThatCame, difference_class) == kOfMoneyThatCame.end();
}

// One settlement: reads, decides, writes.
class Settling {
public:
    Settling(ledger::Books& books, const callbacks::AppRef& app, const WantedSettlement& wanted,
             DifferenceView difference, Entropy& entropy)
        : books_(books),
          app_(app),
          wanted_(wanted),
          difference_(std::move(difference)),
          entropy_(entropy) {}

    Result<ServerResponse> run() {
        if (difference_.payment) {
            TOLLGATE_TRY(payment_, books_.read().payment_by_row(*difference_.payment));
        }
        if (wanted_.settlement == Settlement::refund) {
            const auto problem = obstacle_to_refund();
            if (problem) return to_response(*problem);
        }
        if (payment_) TOLLGATE_DO(release());
        if (payment_ && wanted_.settlement != Settlement::ignore) TOLLGATE_DO(take_money());
        if (payment_ && wanted_.settlement == Settlement::refund) {
            TOLLGATE_DO(callbacks::request_policy_refund(
                books_, *payment_,
                {.reason = difference_.difference_class, .origin = origin(), .now = now()},
                entropy_));
        }
        TOLLGATE_DO(books_.settle_difference(difference_, audit(), now()));
        TOLLGATE_TRY(const auto after, books_.read().difference(difference_.id));
        if (!after) return Error(ErrorCode::data_corruption, "the difference has gone");
        std::string body = difference_json(*after);
        TOLLGATE_DO(store_under_key(books_, wanted_.keyed, 200, body));
        return json_response(200, std::move(body));
    }

private:
    Timestamp now() const { return wanted_.keyed.now; }
    ledger::Origin origin() const {
        return {.cause = ledger::Cause::operator_,
                .cause_id = wanted_.caller->id + " " + difference_.id,
                .request_id = wanted_.request_id};
    }

    bool evidence_pays() const {
        const Evidence evidence = read_evidence(difference_.evidence);
        return evidence.says_paid() &&
               ledger::decide(payment_->status, input(evidence)).kind == Decision::Kind::move;
    }

    static ledger::Input input(const Evidence& evidence) {
        return evidence.trade_status == "TRADE_FINISHED" ? ledger::Input::trade_finished
                                                         : ledger::Input::trade_paid;
    }

    std::optional<ApiProblem> obstacle_to_refund() const {
        if (!payment_ || app_ == nullptr) return cannot_refund("no payment of ours belongs to it");
        const Evidence evidence = read_evidence(difference_.evidence);
        if (evidence.amount && *evidence.amount != payment_->amount) {
            return cannot_refund("Alipay's amount is not the payment's");
        }
        if (payment_->trade_no && !evidence.trade_no.empty() &&
            evidence.trade_no != *payment_->trade_no) {
            return cannot_refund("the money came under another trade_no than the payment's");
        }
        const bool will_be_paid = payment_->status == PaymentStatus::paid || evidence_pays();
        if (!will_be_paid) return cannot_refund("the payment is not paid");
        return std::nullopt;
    }

    // Back into the timers' hands, unless another difference still holds it.
    Result<Done> release() {
        if (!payment_->held) return Done{};
        TOLLGATE_TRY(const auto others,
                     books_.read().differences(
                         {.apps = {payment_->app}, .payment = payment_->row, .open = true}));
        for (const auto& other : others) {
            if (other.row != difference_.row && holds(other.difference_class)) return Done{};
        }
        return books_.change_payment(
            *payment_, {.to = payment_->status, .next_sweep_at = next_sweep(), .release = true},
            origin(), now());
    }

    std::optional<Timestamp> next_sweep() const {
        if (ledger::is_final(payment_->status)) return std::nullopt;
        if (payment_->status != PaymentStatus::paid || app_ == nullptr) return now();
        return payment_->paid_at.value_or(now()) + app_->rules.refund_window;
    }

    // The person's word stands for the check that failed. Whoever accepts money that is late has
    // decided what the late policy would decide.
    Result<Done> take_money() {
        const Evidence evidence = read_evidence(difference_.evidence);
        if (!evidence_pays()) return Done{};
        callbacks::Promotion promotion{
            .decision = ledger::decide(payment_->status, input(evidence)),
            // The day on which a bill has it.
            .paid_at = evidence.paid_at,
            .next_sweep_at = now(),
            .rules = app_ == nullptr ? callbacks::PaymentRules{} : app_->rules,
            .origin = origin(),
            .now = now()};
        promotion.rules.late = config::LatePolicy::accept;
        TOLLGATE_TRY(const auto holder, books_.read().payment_by_trade_no(evidence.trade_no));
        if (!payment_->trade_no && !holder) promotion.trade_no = evidence.trade_no;
        return callbacks::promote(books_, *payment_, promotion, entropy_);
    }

    std::string audit() const {
        JsonObject json;
        json.text("action", name_of(wanted_.settlement))
            .text("by", wanted_.caller->id)
            .text("request_id", wanted_.request_id)
            .text("note", wanted_.note);
        return std::move(json).end();
    }

    ledger::Books& books_;
    callbacks::AppRef app_;
    const WantedSettlement& wanted_;
    DifferenceView difference_;
    Entropy& entropy_;
    std::optional<Payment> payment_;
};

}  // namespace

std::string_view name_of(Settlement settlement) {
    switch (settlement) {
        case Settlement::accept: return "accept";
        case Settlement::refund: return "refund";
        case Settlement::ignore: return "ignore";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<Settlement> settlement_from(std::string_view name) {
    for (const Settlement settlement :
         {Settlement::accept, Settlement::refund, Settlement::ignore}) {
        if (name_of(settlement) == name) return settlement;
    }
    return std::nullopt;
}

Result<ServerResponse> settle_in_books(ledger::Books& books, const callbacks::Apps& apps,
                                       const WantedSettlement& wanted, Entropy& entropy) {
    TOLLGATE_TRY(auto difference, books.read().difference(wanted.difference_id));
    if (!difference || !wanted.caller->may_see(difference->app)) return to_response(not_found());
    TOLLGATE_TRY(const auto met, meet_key(books.read(), wanted.keyed));
    if (met) return to_response(*met, wanted.keyed.fingerprint);
    if (!difference->open) return to_response(settled_already(*difference));
    const callbacks::AppRef app = apps.find(difference->app);
    return Settling(books, app, wanted, *std::move(difference), entropy).run();
}

std::string difference_json(const DifferenceView& difference) {
    JsonObject json;
    json.text("id", difference.id)
        .text("app", difference.app)
        .text("class", difference.difference_class)
        .text("status", difference.open ? "open" : "settled")
        .text("trade_no", difference.trade_no)
        .maybe_text("payment_id", difference.payment_id.empty()
                                      ? std::nullopt
                                      : std::optional(difference.payment_id))
        .raw("evidence", difference.evidence)
        .raw("settlement", difference.settlement.value_or("null"))
        .time("opened_at", difference.opened_at)
        .time("settled_at", difference.settled_at);
    return std::move(json).end();
}

}  // namespace tollgate::gateway
