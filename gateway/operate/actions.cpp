#include "gateway/operate/actions.h"

#include <nlohmann/json.hpp>

#include "base/id.h"
#include "base/utf8.h"
#include "gateway/operate/roles.h"
#include "gateway/refusals.h"
#include "signing/form.h"

namespace tollgate::gateway::operate {
namespace {

using transport::Router;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr std::size_t kReasonCharactersMax = 200;
constexpr std::size_t kShownBytesMax = std::size_t{64} * 1024;
constexpr std::size_t kTargetBytesMax = 200;
constexpr std::string_view kPrefix = "/console/api";

bool is_reading(const ServerRequest& request) {
    return request.method == "GET" || request.method == "HEAD";
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0U : 1U;
    return count;
}

// Headers are ASCII: the reason comes percent-encoded, as a form's value does.
std::optional<std::string> read_reason(const ServerRequest& request) {
    const auto header = request.header("x-reason");
    if (!header || header->find_first_of("&=+") != std::string_view::npos) return std::nullopt;
    const auto fields = signing::decode_form("r=" + std::string(*header));
    if (!fields || fields->size() != 1) return std::nullopt;
    const std::string& reason = fields->front().second;
    const bool blank = reason.find_first_not_of(' ') == std::string::npos;
    if (blank || !is_utf8(reason) || characters(reason) > kReasonCharactersMax) return std::nullopt;
    return reason;
}

// The same request at the order service's API.
ServerRequest at_order_api(const ServerRequest& request, const Session& session) {
    ServerRequest inner = request;
    inner.target = request.target.substr(kPrefix.size());
    inner.path = request.path.substr(std::min(kPrefix.size(), request.path.size()));
    inner.vouched_for = caller_id(session.name);
    std::erase_if(inner.headers, [](const auto& header) {
        return header.first.size() == 6 && (header.first[0] | 0x20) == 'c';  // The cookie.
    });
    return inner;
}

// What of an answer is kept: JSON without what is shown only once, without what Alipay sent, which
// holds buyers' data and goes after a set time, and not without end.
std::string kept_json(const std::string& body) {
    if (body.empty()) return "null";
    if (body.size() > kShownBytesMax) return R"({"too_long_to_keep":true})";
    auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_discarded()) return "null";
    if (json.is_object()) {
        for (const char* name : {"secret", "body"}) json.erase(name);
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return segments;
}

}  // namespace

ActionName name_action(std::string_view method, std::string_view path) {
    const auto segments = segments_of(path);
    const std::string all(segments.empty() ? std::string_view() : segments[0]);
    // Of a range there is no one object.
    const bool is_range = segments.size() == 2 && segments[1] == "redeliver";
    const std::size_t object_size = all == "preauthorisations" ? 3 : 2;
    ActionName name{.action = all + ".", .target = all, .object = {}};
    if (!is_range && segments.size() >= object_size) {
        for (std::size_t i = 1; i < object_size; ++i) name.target += "/" + std::string(segments[i]);
        name.object = "/v1/" + name.target;
    }
    if (method == "PATCH") {
        name.action += "change";
    } else if (method == "DELETE") {
        name.action += "remove";
    } else if (is_range || segments.size() > object_size) {
        name.action += segments.back();
    } else {
        name.action += "create";
    }
    return name;
}

struct Actions::Work {
    ServerRequest request;  // As the order service's API sees it.
    ActionName name;
    ledger::ActionRecord record;
    Ticket ticket;
};

void Actions::dispatch(ServerRequest request, Ticket ticket) {
    auto match = routes_.match(request.method, request.target.substr(0, request.target.find('?')));
    if (match.outcome == Router::Outcome::no_such_path) {
        return ticket.complete(api_refusal(404, "there is nothing at this path"));
    }
    if (match.outcome == Router::Outcome::no_such_method) {
        return ticket.complete(api_refusal(405, "this path does not take this method"));
    }
    request.captures = std::move(match.captures);
    (*match.handler)(request, std::move(ticket));
}

void Actions::serve(const ServerRequest& request, Ticket ticket) {
    if (is_reading(request)) {
        const auto session = admit(parts_, request, ticket);
        if (session) dispatch(at_order_api(request, *session), std::move(ticket));
        return;
    }
    const auto session = admit_to_change(parts_, request, ticket);
    if (!session) return;
    auto inner = at_order_api(request, *session);
    const std::string path = inner.target.substr(0, inner.target.find('?'));
    // What is no route of the API is no action, and is not written down.
    if (routes_.match(request.method, path).outcome != Router::Outcome::found) {
        return dispatch(std::move(inner), std::move(ticket));
    }
    if (!may_act(session->role)) {
        return ticket.complete(to_response({.status = 403,
                                            .code = "right_missing",
                                            .title = "A viewer may look, and change nothing"}));
    }
    const auto reason = read_reason(request);
    if (!reason) {
        return ticket.complete(
            to_response({.status = 400,
                         .code = "reason_needed",
                         .title = "Say why, in the header X-Reason: 1 to 200 characters, "
                                  "percent-encoded"}));
    }
    auto work = std::make_shared<Work>();
    work->request = std::move(inner);
    constexpr std::string_view kVersion = "/v1/";
    work->name = name_action(request.method, std::string_view(path).substr(kVersion.size()));
    work->record = {.operator_name = session->name,
                    .role = session->role,
                    .action = work->name.action,
                    .target = work->name.target.substr(0, kTargetBytesMax),
                    .request_id = request.request_id,
                    .reason = *reason};
    post_to_desk(parts_, std::move(ticket), [this, work](Ticket waiting) {
        work->ticket = std::move(waiting);
        act(work);
    });
}

// At the desk: what it waits for keeps no worker.
void Actions::act(const Shared& work) {
    ledger::ActionRecord& record = work->record;
    if (!work->name.object.empty()) record.before = look(work->request, work->name.object);
    record.at = parts_.api.clock.now();
    record.id = make_id("act", record.at, parts_.api.entropy);
    const auto begun = parts_.api.writer.transact(
        [&record](ledger::Books& books) { return books.begin_action(record); });
    if (!begun) {
        return answer_failure(parts_.api, record.request_id, begun.error(),
                              std::move(work->ticket));
    }
    parts_.api.log.info("console.action", {{"action", record.action},
                                           {"target", record.target},
                                           {"operator", record.operator_name},
                                           {"audit_id", record.id},
                                           {"request_id", record.request_id}});
    dispatch(std::move(work->request), tickets_->open([this, work](ServerResponse response) {
        finish(work, std::move(response));
    }));
}

// The object as it is, by the API's own words.
std::optional<std::string> Actions::look(const ServerRequest& action, const std::string& object) {
    ServerRequest request;
    request.method = "GET";
    request.target = object;
    request.path = object;
    request.request_id = action.request_id;
    request.vouched_for = action.vouched_for;
    auto found = std::make_shared<std::optional<std::string>>();
    dispatch(std::move(request), tickets_->open([found](const ServerResponse& response) {
        if (response.status == 200) *found = kept_json(response.body);
    }));
    return *found;  // These routes answer before they return.
}

void Actions::finish(const Shared& work, ServerResponse response) {
    // Said in the listener's own words, as the front does for a ticket that nobody answers.
    if (response.status == 503 && response.body.empty() && response.headers.empty()) {
        response = api_refusal(503, "");
    }
    auto answer = std::make_shared<ServerResponse>(std::move(response));
    parts_.api.writer.submit(ledger::make_unit(
        [work, answer, kept = kept_json(answer->body),
         now = parts_.api.clock.now()](ledger::Books& books) {
            return books.finish_action(work->record.id, answer->status, kept, now);
        },
        [this, work, answer](const Result<Done>& written) {
            // What was done is done: its answer says so, whatever became of the note.
            if (!written) {
                parts_.api.log.error("console.action_not_completed",
                                     {{"audit_id", work->record.id},
                                      {"request_id", work->record.request_id},
                                      {"reason", written.error().message()}});
            }
            work->ticket.complete(std::move(*answer));
        }));
}

}  // namespace tollgate::gateway::operate
