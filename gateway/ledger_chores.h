#pragma once

#include "ledger/writer.h"

namespace tollgate::gateway {

// What the timer has the writer do now and then. Whatever fails is tried again later.

// Drops tokens and idempotency keys whose time is over, at most so many of each.
void sweep_expired_keys(ledger::Writer& writer, Timestamp now, int limit);

// A ledger that could not write is asked again, so that readiness comes back by itself.
void try_writing(ledger::Writer& writer, Timestamp now);

}  // namespace tollgate::gateway
