#include "gateway/api_request.h"

#include <charconv>

#include "base/time_text.h"
#include "config/delivery_rules.h"
#include "gateway/idempotency.h"
#include "signing/form.h"

namespace tollgate::gateway {

using transport::ServerRequest;
using transport::Ticket;

const Caller* admit(const ApiSeams& seams, const ServerRequest& request, std::string_view right,
                    Ticket& ticket) {
    const auto admitted = seams.callers.admit(request, right);
    if (const auto* problem = std::get_if<ApiProblem>(&admitted)) {
        ticket.complete(to_response(*problem));
        return nullptr;
    }
    return std::get<const Caller*>(admitted);
}

void answer_failure(const ApiSeams& seams, std::string_view request_id, const Error& error,
                    Ticket ticket) {
    seams.log.error("api.failed", {{"request_id", request_id}, {"reason", error.message()}});
    ticket.complete(to_response(storage_problem(error)));
}

bool refused(std::vector<config::Problem>& problems, Ticket& ticket) {
    if (problems.empty()) return false;
    ticket.complete(to_response(invalid_request(std::move(problems))));
    return true;
}

std::optional<std::string> read_key_header(const ServerRequest& request,
                                           std::vector<config::Problem>& problems) {
    const auto header = request.header("idempotency-key");
    if (!header) return std::nullopt;
    auto key = read_idempotency_key(*header);
    if (key) return *std::move(key);
    problems.push_back({.where = "Idempotency-Key", .what = key.error().message()});
    return std::nullopt;
}

std::optional<std::string> need_key_header(const ServerRequest& request,
                                           std::vector<config::Problem>& problems) {
    if (!request.header("idempotency-key")) {
        problems.push_back({.where = "Idempotency-Key",
                            .what = "is needed here: the same key makes a repeat harmless"});
        return std::nullopt;
    }
    return read_key_header(request, problems);
}

ApiProblem no_such_payment() {
    return {.status = 404, .code = "payment_not_found", .title = "There is no such payment"};
}

const Caller* admit_without_query(const ApiSeams& seams, const ServerRequest& request,
                                  std::string_view right, Ticket& ticket) {
    const Caller* const caller = admit(seams, request, right, ticket);
    if (caller == nullptr) return nullptr;
    std::vector<config::Problem> problems;
    QueryReader(request.query, problems).finish();
    return refused(problems, ticket) ? nullptr : caller;
}

QueryReader::QueryReader(std::string_view query, std::vector<config::Problem>& problems)
    : problems_(problems) {
    auto fields = signing::decode_form(query);
    if (fields) {
        fields_ = *std::move(fields);
    } else {
        problems_.push_back({.where = "?", .what = fields.error().message()});
    }
}

std::optional<std::string> QueryReader::text(std::string_view name) {
    for (auto field = fields_.begin(); field != fields_.end(); ++field) {
        if (field->first != name) continue;
        std::string value = std::move(field->second);
        fields_.erase(field);
        if (!value.empty()) return value;
        problem(name, "must not be empty");
        return std::nullopt;
    }
    return std::nullopt;
}

std::int64_t QueryReader::number(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                 std::int64_t most) {
    const auto value = text(name);
    if (!value) return otherwise;
    std::int64_t number = 0;
    const char* const end = value->data() + value->size();
    const auto [read_to, error] = std::from_chars(value->data(), end, number);
    if (error == std::errc() && read_to == end && number >= least && number <= most) return number;
    problem(name,
            "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return otherwise;
}

std::optional<Timestamp> QueryReader::time(std::string_view name) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto time = parse_rfc3339(*value);
    if (time) return *time;
    problem(name, "must be a time such as 2026-11-11T00:00:00Z ('+' is %2B in an address)");
    return std::nullopt;
}

std::string QueryReader::event_type(std::string_view name) {
    auto value = text(name).value_or("");
    if (!value.empty() && !config::is_event_pattern(value)) {
        problem(name, "must be an event type such as payment.paid or a family such as payment.*");
    }
    return value;
}

void QueryReader::problem(std::string_view name, std::string what) {
    problems_.push_back({.where = "?" + std::string(name), .what = std::move(what)});
}

void QueryReader::finish() {
    for (const auto& [name, unused] : fields_) {
        problem(name, "is not a parameter of this address");
    }
}

void read_body(std::string_view body, std::vector<config::Problem>& problems,
               const std::function<void(config::Section&)>& read) {
    const auto json =
        config::parse_json(body.empty() ? "{}" : body, config::Comments::refused, problems);
    if (!json) return;
    if (!json->is_object()) {
        return problems.push_back({.where = "/", .what = "must be a JSON object"});
    }
    config::Section::Context context{
        .folder = {}, .problems = problems, .unknown = "is not a member of this request"};
    config::Section section(*json, "", context);
    read(section);
    section.finish();
}

void read_empty_body(std::string_view body, std::vector<config::Problem>& problems) {
    read_body(body, problems, [](config::Section& /*nothing_to_read*/) {});
}

std::optional<Timestamp> read_time(config::Section& section, const char* key) {
    if (!section.has(key)) return std::nullopt;
    std::string text;
    section.need_text(key, text);
    if (text.empty()) return std::nullopt;
    const auto time = parse_rfc3339(text);
    if (time) return *time;
    section.problem_at(key, "must be a time such as 2026-11-11T00:00:00Z");
    return std::nullopt;
}

}  // namespace tollgate::gateway
