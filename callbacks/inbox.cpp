#include "callbacks/inbox.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "base/charset.h"
#include "base/time_text.h"
#include "callbacks/verification.h"

namespace tollgate::callbacks {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

ServerResponse word(int status, std::string_view body) {
    return {.status = status, .content_type = "text/plain", .body = std::string(body)};
}

// The headers worth keeping as evidence; cookies and the like are nobody's business.
std::string headers_json(const ServerRequest& request) {
    std::string json = "{\"remote_address\":";
    append_json_string(json, request.remote_address);
    for (const std::string_view name :
         {"content-type", "user-agent", "x-forwarded-for", "host", "content-encoding"}) {
        const auto value = request.header(name);
        if (!value) continue;
        json += ',';
        append_json_string(json, name);
        json += ':';
        append_json_string(json, value->substr(0, 512));
    }
    return json + "}";
}

Result<signing::Fields> decode_and_verify(const ServerRequest& request, const App& app) {
    // Alipay never packs a body; unpacking it for somebody else would be a gift to him.
    if (const auto encoding = request.header("content-encoding"); encoding && !encoding->empty()) {
        return Error(ErrorCode::invalid_argument, "the body is encoded").because("body_encoded");
    }
    return verify_body(request.body, app);
}

// In milliseconds: seconds are what there is to see, and Alipay tries again for 25 hours.
constexpr std::array<std::int64_t, 13> kLagBounds = {100,     250,       500,       1'000,  2'000,
                                                     5'000,   10'000,    30'000,    60'000, 300'000,
                                                     900'000, 3'600'000, 86'400'000};

// When it was sent: notify_time in Beijing's words, or a message's utc_timestamp.
std::optional<Timestamp> sent_at(const signing::Fields& fields) {
    if (const auto time = signing::find(fields, "notify_time")) {
        const auto at = parse_beijing(*time);
        return at ? std::optional(*at) : std::nullopt;
    }
    const auto utc = signing::find(fields, "utc_timestamp");
    if (!utc) return std::nullopt;
    Timestamp at;
    const char* const end = utc->data() + utc->size();
    const auto read = std::from_chars(utc->data(), end, at.ms);
    return read.ec == std::errc() && read.ptr == end ? std::optional(at) : std::nullopt;
}

}  // namespace

Inbox::Inbox(const Apps& apps, InboxSeams seams)
    : apps_(apps), seams_(seams), lag_ms_(kLagBounds) {}

void Inbox::notify(ServerRequest& request, Ticket ticket) {
    const AppRef app = apps_.find(request.captures.at(0));
    if (app == nullptr) return ticket.complete(word(404, "fail"));
    const auto fields = decode_and_verify(request, *app);
    if (!fields) return refuse(app, request, fields.error(), std::move(ticket));

    // Shared by the two halves of the unit; finish() reads it only after run() is over.
    auto notification = std::make_shared<const VerifiedNotification>(
        verified_notification(app, *fields,
                              {.body = std::move(request.body),
                               .headers = headers_json(request),
                               .request_id = request.request_id,
                               .at = seams_.clock.now()}));
    note_lag(*notification);
    auto waiting = std::make_shared<Ticket>(std::move(ticket));
    seams_.writer.submit(ledger::make_unit(
        [this, notification](ledger::Books& books) {
            return record_notification(books, *notification, seams_.entropy);
        },
        [this, notification, waiting](const Result<NotificationOutcome>& outcome) {
            answer(*notification, outcome, std::move(*waiting));
        },
        [notification](ledger::Foresight& keys) { foresee(*notification, keys); }));
}

void Inbox::note_lag(const VerifiedNotification& notification) {
    const auto sent = notification.fields ? sent_at(*notification.fields) : std::nullopt;
    if (!sent) return;
    // Of two clocks ours may be behind.
    lag_ms_.note(std::max<std::int64_t>((notification.received_at - *sent).count(), 0));
}

void Inbox::refuse(const AppRef& app, ServerRequest& request, const Error& error, Ticket ticket) {
    ticket.complete(word(400, "fail"));
    seams_.rejects.note({.app = app,
                         .reason = error.reason(),
                         .detail = error.message(),
                         .body = std::move(request.body),
                         .headers = headers_json(request),
                         .request_id = request.request_id,
                         .received_at = seams_.clock.now()});
}

void Inbox::answer(const VerifiedNotification& notification,
                   const Result<NotificationOutcome>& outcome, Ticket ticket) {
    if (!outcome) {
        ++counts_.unavailable;
        ticket.complete(word(503, "fail"));
        seams_.log.error("notification.not_kept", {{"app", notification.app->id},
                                                   {"request_id", notification.request_id},
                                                   {"notify_id", notification.notify_id},
                                                   {"reason", outcome.error().message()}});
        return;
    }
    // Before the answer, with which the request's span ends, and before its event is taken out.
    if (seams_.tracer != nullptr) {
        seams_.tracer->note_payment(notification.request_id, outcome->payment_id);
    }
    ticket.complete(outcome->success() ? word(200, "success") : word(400, "fail"));
    count(*outcome);
    const std::string_view verdict =
        outcome->duplicate ? "duplicate" : ledger::name_of(outcome->verdict);
    const bool odd = outcome->verdict == ledger::Verdict::rejected && !outcome->duplicate;
    seams_.log.write(odd ? LogLevel::error : LogLevel::info, "notification.received",
                     {{"app", notification.app->id},
                      {"request_id", notification.request_id},
                      {"notify_id", notification.notify_id},
                      {"verdict", verdict},
                      {"reason", outcome->reason},
                      {"payment_id", outcome->payment_id}});
    if (outcome->opened.empty()) return;
    seams_.log.error("difference.opened", {{"app", notification.app->id},
                                           {"class", outcome->opened},
                                           {"request_id", notification.request_id},
                                           {"notify_id", notification.notify_id},
                                           {"payment_id", outcome->payment_id}});
}

void Inbox::count(const NotificationOutcome& outcome) {
    if (outcome.duplicate) {
        ++counts_.duplicate;
        return;
    }
    switch (outcome.verdict) {
        case ledger::Verdict::accepted: ++counts_.accepted; return;
        case ledger::Verdict::stale: ++counts_.stale; return;
        case ledger::Verdict::ignored: ++counts_.ignored; return;
        case ledger::Verdict::rejected: ++counts_.rejected; return;
    }
}

Inbox::Counters Inbox::counters() const {
    return {.accepted = counts_.accepted,
            .duplicate = counts_.duplicate,
            .stale = counts_.stale,
            .ignored = counts_.ignored,
            .rejected = counts_.rejected,
            .unavailable = counts_.unavailable};
}

}  // namespace tollgate::callbacks
