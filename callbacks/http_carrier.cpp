#include "callbacks/http_carrier.h"

#include <algorithm>

#include "callbacks/delivery_span.h"
#include "transport/trace_headers.h"

namespace tollgate::callbacks {
namespace {

constexpr std::size_t kReplyBytesMax = 16 * 1024;

std::optional<std::int64_t> phase(std::chrono::microseconds time) {
    return time.count() > 0 ? std::optional<std::int64_t>(time.count()) : std::nullopt;
}

ledger::AttemptPhases phases_of(const transport::ExchangeTimes& times) {
    return {.dns_us = phase(times.dns),
            .connect_us = phase(times.connect),
            .tls_us = phase(times.tls),
            .first_byte_us = phase(times.first_byte),
            .total_us = phase(times.total)};
}

}  // namespace

void HttpCarrier::send(std::shared_ptr<const Target> target, const ledger::DueDelivery& delivery,
                       Ended ended) {
    const Timestamp now = clock_.now();
    std::vector<signing::WebhookKey> keys;
    for (const EndpointKey& key : target->keys) {
        if (!key.expires_at || *key.expires_at > now) keys.push_back(key.key);
    }
    if (keys.empty()) {
        return ended({.judgement = {.disposition = Disposition::retry, .outcome = "no_secret"},
                      .detail = "no secret is known for the endpoint"});
    }
    const std::int64_t seconds = now.ms / 1000;
    auto trace = std::make_shared<transport::ExchangeTrace>();
    transport::ClientRequest request;
    request.url = target->endpoint.plan.url;
    // One by one: a braced list would be copied.
    request.headers.reserve(6);
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("webhook-id", delivery.event_id);
    request.headers.emplace_back("webhook-timestamp", std::to_string(seconds));
    request.headers.emplace_back(
        "webhook-signature",
        signing::webhook_signatures(keys, delivery.event_id, seconds, delivery.payload));
    request.body = delivery.payload;
    request.total_timeout = target->rules.timeout;
    request.connect_timeout = std::min(request.connect_timeout, target->rules.timeout);
    request.reply_bytes_max = kReplyBytesMax;
    request.keep_only_start = true;  // A talkative receiver has heard us all the same.
    // Sent twice is fine here: the receiver drops an event id that it knows.
    request.fresh_connection = false;
    if (target->endpoint.origin == ledger::EndpointOrigin::api) request.guard = guard_;
    request.trace = trace;
    Span span = begin_delivery_span(tracer_, SpanKind::client, *target, delivery);
    transport::add_trace_headers(span, request.headers);
    http_.start(std::move(request),
                [target = std::move(target), trace, clock = &clock_, span = std::move(span),
                 ended = std::move(ended)](Result<transport::ClientReply> reply) mutable {
                    AttemptReport report;
                    report.judgement =
                        judge_answer(reply, target->rules.success_body, clock->now());
                    report.address = trace->remote_address;
                    report.phases = phases_of(trace->times);
                    if (reply) report.http_status = reply->status;
                    report.detail = reply ? std::move(reply->body) : reply.error().message();
                    end_delivery_span(span, report);
                    ended(std::move(report));
                });
}

}  // namespace tollgate::callbacks
