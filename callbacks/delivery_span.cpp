#include "callbacks/delivery_span.h"

#include "callbacks/event.h"

namespace tollgate::callbacks {

Span begin_delivery_span(Tracer* tracer, SpanKind kind, const Target& target,
                         const ledger::DueDelivery& delivery) {
    if (tracer == nullptr) return {};
    const std::string_view payment_id = payment_in(delivery.payload);
    Span span = tracer->begin_call(
        {.kind = kind, .name = "deliver " + delivery.event_type, .payment_id = payment_id});
    if (!span) return span;
    span.add("tollgate.endpoint_id", target.endpoint.id);
    span.add("tollgate.event_id", delivery.event_id);
    span.add("tollgate.event_type", delivery.event_type);
    span.add("tollgate.attempt", delivery.attempt);
    span.add("tollgate.payment_id", payment_id);
    return span;
}

// The endpoint's address stays out of it: it may hold a secret.
void end_delivery_span(Span& span, const AttemptReport& report) {
    if (!span) return;
    if (report.http_status) span.add("http.response.status_code", *report.http_status);
    if (report.judgement.disposition != Disposition::delivered) {
        span.fail(report.judgement.outcome);
    }
    span.end();
}

}  // namespace tollgate::callbacks
