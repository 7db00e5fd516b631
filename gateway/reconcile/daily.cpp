#include "gateway/reconcile/daily.h"

#include <algorithm>

#include "gateway/reconcile/bill_source.h"

namespace tollgate::gateway::reconcile {
namespace {

constexpr std::chrono::hours kBillsAreThere{10};

}  // namespace

BeijingDay last_billed_day(Timestamp now) {
    return BeijingDay::of(now + (-std::chrono::milliseconds(kBillsAreThere))).previous();
}

std::chrono::minutes retry_wait(int tries, bool needs_a_person) {
    constexpr std::chrono::minutes kFirst{10};
    constexpr std::chrono::minutes kMost{60};
    if (needs_a_person) return std::chrono::hours(6);
    std::chrono::minutes wait = kFirst;
    for (int i = 1; i < tries && wait < kMost; ++i) wait *= 2;
    return std::min(wait, kMost);
}

int DailyReconciliation::run_once(int limit) {
    int tried = 0;
    for (const Seller& seller : sellers_) {
        const auto days = open_days(seller);
        if (!days) {
            log_.error("reconcile.cannot_look",
                       {{"seller_id", seller.seller_id}, {"reason", days.error().message()}});
            continue;
        }
        for (const BeijingDay& day : *days) {
            if (tried >= limit) return tried;
            Tries& tries = tries_[{seller.seller_id, day.text()}];
            if (clock_.now() < tries.next) continue;
            ++tried;
            try_day(seller, day, tries);
        }
    }
    return tried;
}

// Those that are not compared yet, the oldest first.
Result<std::vector<BeijingDay>> DailyReconciliation::open_days(const Seller& seller) {
    std::vector<BeijingDay> days;
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(auto first, first_payment_at(*reading, seller.seller_id));
    // A ledger that came from a backup knows nothing of what was paid since, not even of the first.
    TOLLGATE_TRY(const auto guard, reading->guard().find());
    if (guard) first = std::min(first.value_or(guard->since), guard->since);
    if (!first) return days;
    BeijingDay day = last_billed_day(clock_.now());
    const int look_back = guard ? kLookBackDaysGuarded : kLookBackDays;
    for (int i = 0; i < look_back; ++i, day = day.previous()) {
        if (day.end() <= *first) break;
        if (i >= kLookBackDays && day.end() <= guard->since) break;
        TOLLGATE_TRY(const auto known, reading->reconciliations().find(
                                           {.seller_id = seller.seller_id, .date = day.text()}));
        const bool complete = known && known->status == ledger::ReconciliationStatus::complete;
        if (complete) {
            tries_.erase({seller.seller_id, day.text()});
        } else {
            days.push_back(day);
        }
    }
    std::ranges::reverse(days);
    return days;
}

// To find it may mean reading every payment of other merchants.
Result<std::optional<Timestamp>> DailyReconciliation::first_payment_at(
    ledger::Reading& reading, const std::string& seller_id) {
    const auto known = first_payments_.find(seller_id);
    if (known != first_payments_.end()) return std::optional(known->second);
    TOLLGATE_TRY(const auto first, reading.reconciliations().first_payment_at(seller_id));
    if (first) first_payments_.emplace(seller_id, *first);
    return first;
}

void DailyReconciliation::try_day(const Seller& seller, const BeijingDay& day, Tries& tries) {
    const auto done = run_day_(seller, day);
    if (done) return;
    ++tries.made;
    const bool needs_a_person =
        done.error().code() != ErrorCode::unavailable && done.error().reason() != kBillNotReady;
    const auto wait = retry_wait(tries.made, needs_a_person);
    tries.next = clock_.now() + wait;
    log_.write(needs_a_person ? LogLevel::error : LogLevel::warning, "reconcile.put_off",
               {{"seller_id", seller.seller_id},
                {"bill_date", day.text()},
                {"tries", tries.made},
                {"again_in_minutes", std::int64_t{wait.count()}},
                {"reason", done.error().message()}});
}

}  // namespace tollgate::gateway::reconcile
