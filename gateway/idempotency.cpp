#include "gateway/idempotency.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "gateway/answers.h"
#include "gateway/event_json.h"

namespace tollgate::gateway {
namespace {

ledger::IdempotencyRecord record_of(const KeyedRequest& request) {
    return {.caller = request.caller,
            .key = request.key.value_or(""),
            .fingerprint = request.fingerprint,
            .running_until = std::nullopt,
            .status = std::nullopt,
            .headers = "",
            .body = "",
            .expires_at = request.now + kIdempotencyLife};
}

std::vector<config::Problem> differing_members(std::string_view theirs, std::string_view ours) {
    constexpr bool kThrow = false;
    const auto left = nlohmann::json::parse(theirs, nullptr, kThrow);
    const auto right = nlohmann::json::parse(ours, nullptr, kThrow);
    std::vector<config::Problem> problems;
    if (!left.is_object() || !right.is_object()) return problems;
    auto both = left;
    both.update(right);
    for (const auto& [name, unused] : both.items()) {
        const bool same = left.contains(name) == right.contains(name) && left[name] == right[name];
        if (same) continue;
        problems.push_back({.where = "/" + name, .what = "differs from the first request's"});
    }
    return problems;
}

}  // namespace

Result<std::string> read_idempotency_key(std::string_view header) {
    const bool quoted = header.size() >= 2 && header.starts_with('"') && header.ends_with('"');
    const std::string_view key = quoted ? header.substr(1, header.size() - 2) : header;
    const bool printable = std::ranges::all_of(
        key, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
    if (key.empty() || key.size() > 255 || !printable) {
        return Error(ErrorCode::invalid_argument, "1 to 255 printable ASCII characters are needed");
    }
    return std::string(key);
}

std::optional<std::string> take_idempotency_key(const transport::ServerRequest& request,
                                                std::vector<config::Problem>& problems) {
    const auto header = request.header("idempotency-key");
    if (!header) return std::nullopt;
    auto key = read_idempotency_key(*header);
    if (key) return *std::move(key);
    problems.push_back({.where = "Idempotency-Key", .what = key.error().message()});
    return std::nullopt;
}

KeyedRequest keyed_by_body(std::string_view caller, std::optional<std::string> key,
                           const transport::ServerRequest& request, Timestamp now) {
    AnswerJson fingerprint = {{"route", request.method + " " + request.path}};
    fingerprint["body"] = request.body;
    return {.caller = std::string(caller),
            .key = std::move(key),
            .fingerprint = to_text(fingerprint),
            .now = now};
}

Result<std::optional<MetKey>> meet_key(ledger::Reading& reading, const KeyedRequest& request) {
    if (!request.key) return std::optional<MetKey>();
    TOLLGATE_TRY(const auto record, reading.idempotency(request.caller, *request.key));
    if (!record || record->expires_at <= request.now) return std::optional<MetKey>();
    MetKey met;
    if (record->fingerprint != request.fingerprint) {
        met.kind = MetKey::Kind::differs;
        met.fingerprint = record->fingerprint;
        return std::optional(std::move(met));
    }
    if (record->status) {
        met.kind = MetKey::Kind::stored_answer;
        met.status = static_cast<int>(*record->status);
        met.body = record->body;
        return std::optional(std::move(met));
    }
    if (record->running_until && *record->running_until > request.now) {
        return std::optional(std::move(met));
    }
    return std::optional<MetKey>();
}

Result<Done> begin_under_key(ledger::Books& books, const KeyedRequest& request, Timestamp until) {
    if (!request.key) return Done{};
    auto record = record_of(request);
    record.running_until = until;
    return books.begin_idempotency(record, request.now);
}

Result<Done> store_under_key(ledger::Books& books, const KeyedRequest& request, int status,
                             const std::string& body) {
    if (!request.key) return Done{};
    auto record = record_of(request);
    record.status = status;
    record.body = body;
    return books.store_answer(record, request.now);
}

transport::ServerResponse replayed(int status, const std::string& body) {
    auto response = json_response(status, body);
    if (status >= 400) response.content_type = "application/problem+json";
    response.headers.emplace_back("Idempotent-Replayed", "true");
    return response;
}

transport::ServerResponse to_response(const MetKey& met, std::string_view fingerprint) {
    switch (met.kind) {
        case MetKey::Kind::stored_answer: return replayed(met.status, met.body);
        case MetKey::Kind::differs:
            return to_response(
                ApiProblem{.status = 422,
                           .code = "idempotency_key_reused",
                           .title = "This Idempotency-Key was used with another request",
                           .fields = differing_members(met.fingerprint, fingerprint)});
        case MetKey::Kind::busy: break;
    }
    return to_response(ApiProblem{.status = 409,
                                  .code = "in_progress",
                                  .title = "The first request under this key is still at work",
                                  .retry_after_seconds = 1});
}

}  // namespace tollgate::gateway
