#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/payment.h"

namespace tollgate::ledger {

// What one step of a pass has done. A pass begins with `after` = 0 and goes on with `next` until
// that is 0 again.
struct RetentionStep {
    std::int64_t removed = 0;
    RowId next = 0;
};

// What goes because of its age: in small steps, so that nobody waits for it, and never what is
// still wanted. Payments, refunds, their transitions and the dedup keys stay.
class RetentionBooks {
public:
    virtual ~RetentionBooks() = default;

    // Drops what Alipay sent (headers and body) of notifications received before that. Wanted are
    // those that an open difference names. Looks at up to `limit`. PostgreSQL drops whole months
    // instead: see Store::turn_partitions().
    virtual Result<RetentionStep> drop_bodies(Timestamp before, RowId after, int limit) = 0;

    // Drops events written before that, with their deliveries and attempts. Wanted are those that
    // an endpoint has still to get, parked ones included. Looks at up to `limit`.
    virtual Result<RetentionStep> drop_events(Timestamp before, RowId after, int limit) = 0;
};

}  // namespace tollgate::ledger
