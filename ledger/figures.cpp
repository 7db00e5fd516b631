#include "ledger/figures.h"

#include <utility>

#include "ledger/payment_status.h"

namespace tollgate::ledger {

void keep_unfinished(Figures& figures, std::vector<Figures::OfStatus> looked_at,
                     std::int64_t rows_max) {
    std::int64_t seen = 0;
    for (Figures::OfStatus& group : looked_at) {
        seen += group.counted.count;
        const bool waits = group.status == name_of(PaymentStatus::pending) ||
                           group.status == name_of(PaymentStatus::unknown) ||
                           group.status == name_of(PaymentStatus::closing);
        if (waits) figures.unfinished_payments.push_back(std::move(group));
    }
    figures.all_payments_seen = seen < rows_max;
}

}  // namespace tollgate::ledger
