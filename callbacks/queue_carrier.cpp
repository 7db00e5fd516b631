#include "callbacks/queue_carrier.h"

#include <chrono>

#include "callbacks/delivery_span.h"
#include "transport/trace_headers.h"

namespace tollgate::callbacks {
namespace {

constexpr std::string_view kTypePlace = "{type}";

std::string with_type(std::string key, std::string_view type) {
    const std::size_t place = key.find(kTypePlace);
    if (place != std::string::npos) key.replace(place, kTypePlace.size(), type);
    return key;
}

}  // namespace

Judgement judge_confirmation(const Result<Done>& confirmed) {
    if (confirmed) return {.disposition = Disposition::delivered, .outcome = "delivered"};
    const Error& error = confirmed.error();
    if (error.code() == ErrorCode::invalid_argument) {
        // No broker would ever take it: too large, for one.
        return {.disposition = Disposition::give_up, .outcome = "unpublishable"};
    }
    if (error.reason() == "unroutable") return {.outcome = "unroutable", .endpoint_failed = true};
    if (error.reason() == "nacked") return {.outcome = "nacked", .endpoint_failed = true};
    if (error.reason() == "confirm_timeout") return {.outcome = "timeout", .endpoint_failed = true};
    return {.outcome = "network_error", .endpoint_failed = true};
}

void QueueCarrier::send(std::shared_ptr<const Target> target, const ledger::DueDelivery& delivery,
                        Ended ended) {
    transport::AmqpMessage message{
        .routing_key = with_type(routing_key_, delivery.event_type),
        .message_id = delivery.event_id,
        .type = delivery.event_type,
        .timestamp_seconds = delivery.event_created_at.ms / 1000,
        .headers = {{"tollgate-attempt", std::to_string(delivery.attempt)}},
        .body = delivery.payload};
    Span span = begin_delivery_span(tracer_, SpanKind::producer, *target, delivery);
    transport::add_trace_headers(span, message.headers);
    const auto started = clock_.monotonic();
    publisher_.start(
        std::move(message), [clock = &clock_, started, span = std::move(span),
                             ended = std::move(ended)](const Result<Done>& confirmed) mutable {
            const auto took =
                std::chrono::duration_cast<std::chrono::microseconds>(clock->monotonic() - started);
            AttemptReport report{.judgement = judge_confirmation(confirmed),
                                 .http_status = std::nullopt,
                                 .address = "",
                                 .phases = {.total_us = took.count()},
                                 .detail = confirmed ? "" : confirmed.error().message()};
            end_delivery_span(span, report);
            ended(std::move(report));
        });
}

}  // namespace tollgate::callbacks
