#include "gateway/operate/overview.h"

#include <algorithm>

#include "base/json_object.h"
#include "base/time_text.h"
#include "gateway/answers.h"
#include "signing/form.h"

namespace tollgate::gateway::operate {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr int kSamples = 200;

std::string minutes_json(const std::vector<Tallies::Minute>& minutes) {
    std::string list = "[";
    for (const auto& minute : minutes) {
        if (list.size() > 1) list += ',';
        JsonObject json;
        json.time("at", minute.at);
        if (minute.tally) {
            json.number("created", minute.tally->created)
                .number("paid", minute.tally->paid)
                .number("notifications", minute.tally->notifications);
        } else {
            json.raw("created", "null").raw("paid", "null").raw("notifications", "null");
        }
        list += std::move(json).end();
    }
    return list + "]";
}

std::string today_json(const Tallies::Day& day) {
    JsonObject json;
    json.number("created", day.tally.created)
        .number("paid", day.tally.paid)
        .number("failed", day.tally.failed)
        .number("closed", day.tally.closed)
        .raw("success_rate", success_rate(day.tally))
        .yes("complete", day.complete);
    return std::move(json).end();
}

// From Alipay's sending to our receiving. Alipay says the second alone.
std::optional<std::int64_t> notify_lag(const ledger::NotificationView& view) {
    const auto fields = signing::decode_form(view.body);
    if (!fields) return std::nullopt;
    const auto text = signing::find(*fields, "notify_time");
    const auto sent_at = parse_beijing(text.value_or(""));
    if (!sent_at) return std::nullopt;
    return std::max<std::int64_t>((view.received_at - *sent_at).count(), 0);
}

Result<std::string> lag_json(ledger::Reading& reading, const std::vector<std::string>& apps,
                             const std::vector<ledger::Endpoint>& endpoints) {
    TOLLGATE_TRY(const auto recent, reading.lookup().notifications(
                                        {.apps = apps, .verdict = "accepted", .limit = kSamples}));
    std::vector<std::int64_t> notify;
    for (const auto& view : recent.rows) {
        if (const auto lag = notify_lag(view)) notify.push_back(*lag);
    }
    std::vector<std::int64_t> delivery;
    for (const auto& endpoint : endpoints) {
        TOLLGATE_TRY(const auto times, reading.lookup().delivery_times(endpoint.row, kSamples));
        delivery.insert(delivery.end(), times.begin(), times.end());
    }
    JsonObject json;
    json.raw("notify_ms", percentiles_json(std::move(notify)))
        .raw("delivery_ms", percentiles_json(std::move(delivery)));
    return std::move(json).end();
}

std::string oldest_json(const std::optional<ledger::Payment>& payment, Timestamp now) {
    if (!payment) return "null";
    JsonObject json;
    json.text("payment", payment->id)
        .text("status", name_of(payment->status))
        .time("since", payment->created_at)
        .number("age_seconds", (now - payment->created_at).count() / 1'000);
    return std::move(json).end();
}

std::string unfinished_json(const ledger::Unfinished& unfinished) {
    JsonObject json;
    json.number("pending", unfinished.pending)
        .number("unknown", unfinished.unknown)
        .number("closing", unfinished.closing);
    return std::move(json).end();
}

Result<std::string> outbox_json(ledger::Reading& reading,
                                const std::vector<ledger::Endpoint>& endpoints, Timestamp now) {
    std::int64_t pending = 0;
    std::optional<Timestamp> oldest;
    for (const auto& endpoint : endpoints) {
        TOLLGATE_TRY(const auto load, reading.outbox().load_of(endpoint));
        pending += load.pending;
        if (load.oldest_pending_at && (!oldest || *load.oldest_pending_at < *oldest)) {
            oldest = load.oldest_pending_at;
        }
    }
    JsonObject json;
    json.number("pending", pending)
        .raw("oldest_age_seconds",
             oldest ? std::to_string((now - *oldest).count() / 1'000) : "null");
    return std::move(json).end();
}

std::string endpoints_json(const std::vector<ledger::Endpoint>& endpoints, Timestamp now) {
    std::string list = "[";
    for (const auto& endpoint : endpoints) {
        const auto& open_until = endpoint.health.open_until;
        const char* const breaker = !open_until ? "closed" : *open_until > now ? "open" : "probing";
        JsonObject json;
        json.text("id", endpoint.id)
            .text("state", name_of(endpoint.status))
            .text("breaker", breaker);
        if (list.size() > 1) list += ',';
        list += std::move(json).end();
    }
    return list + "]";
}

void add_certificate(std::string& list, const std::string& app, const char* what,
                     const signing::Certificate& certificate, Timestamp now) {
    JsonObject json;
    json.text("app", app)
        .text("what", what)
        .text("sn", certificate.sn())
        // Downwards: what ended an hour ago has less than none left.
        .number("days_left",
                std::chrono::floor<std::chrono::days>(certificate.valid_until() - now).count());
    if (list.size() > 1) list += ',';
    list += std::move(json).end();
}

std::string certificates_json(const callbacks::Apps& apps, Timestamp now) {
    std::string list = "[";
    for (const std::string& id : apps.ids()) {
        const auto app = apps.find(id);
        if (app == nullptr || !app->certificates) continue;
        add_certificate(list, id, "app", app->certificates->app, now);
        for (const auto& alipay : app->certificates->alipay) {
            add_certificate(list, id, "alipay", alipay, now);
        }
    }
    return list + "]";
}

std::string ready_json(const ledger::Writer& writer) {
    const auto health = writer.health();
    std::string reasons = "[";
    if (health.in_doubt) reasons += "\"commit_in_doubt\"";
    if (health.write_failing)
        reasons += std::string(health.in_doubt ? "," : "") + "\"cannot_write\"";
    JsonObject json;
    json.yes("ok", reasons.size() == 1).raw("reasons", reasons + "]");
    return std::move(json).end();
}

}  // namespace

std::string success_rate(const ledger::PaymentTally& tally) {
    const std::int64_t ended = tally.paid + tally.closed + tally.failed;
    if (ended == 0) return "null";
    const std::int64_t per_mille = tally.paid * 1'000 / ended;
    return std::to_string(per_mille / 10) + "." + std::to_string(per_mille % 10);
}

std::string percentiles_json(std::vector<std::int64_t> samples) {
    std::ranges::sort(samples);
    const auto at = [&](std::size_t percent) {
        if (samples.empty()) return std::string("null");
        return std::to_string(samples[(samples.size() - 1) * percent / 100]);
    };
    return R"({"p50":)" + at(50) + R"(,"p95":)" + at(95) + "}";
}

void Overview::add_routes(transport::Router& router) {
    router.add("GET", "/console/api/overview", [this](ServerRequest& request, Ticket ticket) {
        if (!admit(parts_, request, ticket)) return;
        answer_at_desk(parts_, std::move(ticket),
                       [this, id = request.request_id] { return answer(id); });
    });
}

ServerResponse Overview::answer(const std::string& request_id) {
    if (!kept_.empty() && parts_.api.clock.monotonic() < kept_until_) {
        return json_response(200, kept_);
    }
    return response_from_ledger(parts_.api, request_id,
                                [this](ledger::Reading& reading) -> Result<ServerResponse> {
                                    TOLLGATE_TRY(kept_, make(reading));
                                    kept_until_ = parts_.api.clock.monotonic() + kKept;
                                    return json_response(200, kept_);
                                });
}

Result<std::string> Overview::make(ledger::Reading& reading) {
    const Timestamp now = parts_.api.clock.now();
    auto& lookup = reading.lookup();
    TOLLGATE_DO(tallies_.refresh(lookup));
    TOLLGATE_TRY(const auto endpoints, reading.outbox().endpoints());
    TOLLGATE_TRY(const auto lag, lag_json(reading, apps_.ids(), endpoints));
    TOLLGATE_TRY(const auto unfinished, lookup.unfinished());
    TOLLGATE_TRY(const auto outbox, outbox_json(reading, endpoints, now));
    TOLLGATE_TRY(const auto differences, lookup.open_differences());
    TOLLGATE_TRY(const auto guard, reading.guard().find());
    JsonObject build;
    build.text("version", TOLLGATE_VERSION).text("engine", facts_.engine);
    JsonObject sandbox;
    sandbox.text("url", facts_.sandbox_url);
    JsonObject json;
    json.time("now", now)
        .raw("build", std::move(build).end())
        .raw("minutes", minutes_json(tallies_.last_hour()))
        .raw("today", today_json(tallies_.today()))
        .raw("lag", lag)
        .raw("oldest_unfinished", oldest_json(unfinished.oldest, now))
        .raw("unfinished", unfinished_json(unfinished))
        .raw("outbox", outbox)
        .number("differences_open", differences)
        .raw("certificates", certificates_json(apps_, now))
        .raw("endpoints", endpoints_json(endpoints, now))
        .raw("ready", ready_json(parts_.api.writer))
        .time("guarded_since", guard ? std::optional(guard->since) : std::nullopt)
        .raw("sandbox", facts_.sandbox_url.empty() ? "null" : std::move(sandbox).end());
    return std::move(json).end();
}

}  // namespace tollgate::gateway::operate
