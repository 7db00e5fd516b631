#pragma once

#include "base/tracer.h"
#include "callbacks/carrier.h"

namespace tollgate::callbacks {

// One attempt's span, in the trace of what was last done about the payment that the event tells of,
// as far as this process knows it. No tracer: none.
Span begin_delivery_span(Tracer* tracer, SpanKind kind, const Target& target,
                         const ledger::DueDelivery& delivery);
void end_delivery_span(Span& span, const AttemptReport& report);

}  // namespace tollgate::callbacks
