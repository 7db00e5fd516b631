#include <algorithm>
#include <array>

#include "gateway/metrics/metrics.h"

namespace tollgate::gateway::metrics {
namespace {

using ledger::Figures;

constexpr std::array<const char*, 4> kAgeNames = {"5m", "1h", "1d", "older"};
constexpr std::array<const char*, 3> kWaiting = {"pending", "unknown", "closing"};

std::int64_t age_ms(const std::optional<Timestamp>& oldest, Timestamp now) {
    return oldest ? std::max<std::int64_t>(now.ms - oldest->ms, 0) : 0;
}

// Each status and age, also those of which there are none: an alert must see them go back to 0.
void add_payments(Families& families, const Figures& figures) {
    for (const char* status : kWaiting) {
        for (std::size_t age = 0; age < kAgeNames.size(); ++age) {
            const auto group = std::ranges::find_if(
                figures.unfinished_payments,
                [&](const auto& of) { return of.status == status && of.age == age; });
            const bool any = group != figures.unfinished_payments.end();
            families.add({{"status", status}, {"age", kAgeNames.at(age)}},
                         any ? group->counted.count : std::int64_t{0});
        }
    }
}

void add_oldest_payments(Families& families, const Figures& figures, Timestamp now) {
    for (const char* status : kWaiting) {
        std::int64_t oldest = 0;
        for (const auto& group : figures.unfinished_payments) {
            if (group.status == status)
                oldest = std::max(oldest, age_ms(group.counted.oldest, now));
        }
        families.add({{"status", status}}, oldest, Unit::milliseconds);
    }
}

void collect_unfinished(Families& families, const Figures* figures, Timestamp now) {
    families.gauge("tollgate_payments_unfinished",
                   "Payments that still may bring money, by status and age (below 5m, 1h, 1d, or "
                   "older); counted up to a bound.");
    if (figures != nullptr) add_payments(families, *figures);
    families.gauge("tollgate_payments_unfinished_oldest_age_seconds",
                   "Age of the oldest payment that still may bring money, by status.");
    if (figures != nullptr) add_oldest_payments(families, *figures, now);
    families.gauge("tollgate_payments_unfinished_complete",
                   "0 when there were more payments than the bound: the counts are at least so.");
    if (figures != nullptr) families.add({}, std::int64_t{figures->all_payments_seen ? 1 : 0});
    families.gauge("tollgate_refunds_unfinished", "Refunds that have not ended, by status.");
    if (figures != nullptr) {
        for (const auto& of : figures->unfinished_refunds) {
            families.add({{"status", of.status}}, of.counted.count);
        }
    }
    families.gauge("tollgate_preauthorisations_unfinished",
                   "Pre-authorisations that somebody must see to again, by status.");
    if (figures != nullptr) {
        for (const auto& of : figures->unfinished_preauths) {
            families.add({{"status", of.status}}, of.counted.count);
        }
    }
}

void collect_due(Families& families, const Figures* figures, Timestamp now) {
    families.gauge("tollgate_sweep_due",
                   "What Alipay should have been asked about by now, by kind.");
    if (figures != nullptr) {
        families.add({{"kind", "payment"}}, figures->due_payments.count);
        families.add({{"kind", "refund"}}, figures->due_refunds.count);
        families.add({{"kind", "preauthorisation"}}, figures->due_preauths.count);
    }
    families.gauge("tollgate_sweep_overdue_seconds",
                   "For how long the most overdue of them has waited, by kind.");
    if (figures == nullptr) return;
    const auto add = [&](const char* kind, const Figures::Counted& counted) {
        families.add({{"kind", kind}}, age_ms(counted.oldest, now), Unit::milliseconds);
    };
    add("payment", figures->due_payments);
    add("refund", figures->due_refunds);
    add("preauthorisation", figures->due_preauths);
}

void collect_outbox(Families& families, const Figures* figures, Timestamp now) {
    families.gauge("tollgate_outbox_waiting",
                   "Events that an endpoint has not got yet, by endpoint and whether it has been "
                   "tried (retry) or not (first).");
    if (figures != nullptr) {
        for (const auto& of : figures->outbox) {
            families.add({{"endpoint", of.endpoint}, {"attempt", "first"}}, of.waiting.count);
            families.add({{"endpoint", of.endpoint}, {"attempt", "retry"}}, of.retrying);
        }
    }
    families.gauge("tollgate_outbox_oldest_age_seconds",
                   "Age of the oldest event that an endpoint was never tried with.");
    if (figures != nullptr) {
        for (const auto& of : figures->outbox) {
            families.add({{"endpoint", of.endpoint}}, age_ms(of.waiting.oldest, now),
                         Unit::milliseconds);
        }
    }
    families.gauge("tollgate_outbox_unpublished", "Events that no endpoint has been given yet.");
    if (figures != nullptr) families.add({}, figures->unpublished_events.count);
    families.gauge("tollgate_endpoint_secret_days_left",
                   "Whole days for which an endpoint's former secret still signs its events.");
    if (figures == nullptr) return;
    for (const auto& of : figures->ending_secrets) {
        families.add({{"endpoint", of.endpoint}}, days_left(of.until, now));
    }
}

void collect_differences(Families& families, const Figures* figures, Timestamp now) {
    families.gauge("tollgate_differences_open", "Differences that nobody has settled, by class.");
    std::int64_t oldest = 0;
    if (figures != nullptr) {
        for (const auto& of : figures->open_differences) {
            families.add({{"class", of.difference_class}}, of.counted.count);
            oldest = std::max(oldest, age_ms(of.counted.oldest, now));
        }
    }
    families.gauge("tollgate_differences_oldest_age_seconds",
                   "Age of the oldest difference that nobody has settled.");
    if (figures != nullptr) families.add({}, oldest, Unit::milliseconds);
}

}  // namespace

void collect_figures(Families& families, const std::optional<Figures>& figures, Timestamp read_at,
                     Timestamp now) {
    const Figures* const known = figures ? &*figures : nullptr;
    families.gauge("tollgate_ledger_figures_age_seconds",
                   "How old the figures that are read from the ledger are.");
    if (known != nullptr) families.add({}, age_ms(read_at, now), Unit::milliseconds);
    collect_unfinished(families, known, now);
    collect_due(families, known, now);
    collect_outbox(families, known, now);
    collect_differences(families, known, now);
}

}  // namespace tollgate::gateway::metrics
