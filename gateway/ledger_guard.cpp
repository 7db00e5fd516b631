#include "gateway/ledger_guard.h"

#include "base/time_text.h"

namespace tollgate::gateway {

Result<Done> LedgerGuard::begin(ledger::Writer& writer) {
    TOLLGATE_TRY(const auto guard, look());
    if (!guard) return Done{};
    const auto begin = [this](ledger::Books& books) -> Result<Done> {
        TOLLGATE_DO(books.guard().resume(clock_.now()));
        return books.guard().hurry_unsettled(clock_.now());
    };
    TOLLGATE_DO(writer.transact(begin));
    since_ms_ = guard->since.ms;
    remind(guard->since);
    return Done{};
}

void LedgerGuard::run_once() {
    const auto now = clock_.monotonic();
    if (now < next_look_) return;
    next_look_ = now + kLookEvery;
    const auto guard = look();
    if (!guard) return;  // The writer knows about a ledger that is not well.
    const bool was_on = is_on();
    since_ms_ = *guard ? (*guard)->since.ms : kOff;
    if (was_on && !is_on()) log_.info("ledger.unguarded");
    if (is_on() && now >= next_reminder_) remind((*guard)->since);
}

std::optional<Timestamp> LedgerGuard::since() const {
    const std::int64_t since = since_ms_;
    if (since == kOff) return std::nullopt;
    return Timestamp{since};
}

void LedgerGuard::remind(Timestamp since) {
    next_reminder_ = clock_.monotonic() + kRemindEvery;
    log_.warning("ledger.guarded",
                 {{"since", to_rfc3339(since)},
                  {"what",
                   "this ledger came from a backup: new numbers are asked about at Alipay "
                   "first. tollgate store unguard ends it"}});
}

Result<std::optional<ledger::Guard>> LedgerGuard::look() {
    TOLLGATE_TRY(const auto reading, store_.read());
    return reading->guard().find();
}

ApiProblem number_known_problem() {
    return {.status = 409,
            .code = "number_known_to_alipay",
            .title =
                "Alipay has this number already, from after the backup that the ledger was "
                "restored from: look there, and never create it again"};
}

ApiProblem guarded_problem() {
    return {.status = 503,
            .code = "ledger_guarded",
            .title =
                "The ledger was restored from a backup, and Alipay could not say whether it has "
                "this number; nothing was made. Send the same request again",
            .retry_after_seconds = 2};
}

}  // namespace tollgate::gateway
