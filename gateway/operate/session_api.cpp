#include "gateway/operate/session_api.h"

#include "base/json_object.h"
#include "gateway/answers.h"

namespace tollgate::gateway::operate {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kPasswordBytesMax = 1'024;

ServerResponse session_response(const Session& session) {
    JsonObject person;
    person.text("name", session.name).text("role", session.role);
    JsonObject json;
    json.raw("operator", std::move(person).end())
        .text("csrf", session.csrf)
        .time("expires_at", session.expires_at);
    auto response = json_response(200, std::move(json).end());
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

ServerResponse too_many_attempts(std::chrono::seconds wait) {
    return to_response({.status = 429,
                        .code = "too_many_attempts",
                        .title = "Too many wrong passwords; wait before the next one",
                        .retry_after_seconds = static_cast<int>(wait.count())});
}

// A form of another site cannot send JSON: a page must have asked us first whether it may.
bool is_json(const ServerRequest& request) {
    return request.header("content-type").value_or("").starts_with("application/json");
}

}  // namespace

void SessionApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](ServerRequest& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    router.add("POST", "/console/api/session", bound(&SessionApi::sign_in));
    router.add("GET", "/console/api/session", bound(&SessionApi::get));
    router.add("DELETE", "/console/api/session", bound(&SessionApi::sign_out));
}

bool SessionApi::is_over_tls(const ServerRequest& request) const {
    return over_tls_ || request.header("x-forwarded-proto") == "https";
}

void SessionApi::sign_in(const ServerRequest& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    if (!is_json(request)) {
        problems.push_back({.where = "Content-Type", .what = "must be application/json"});
    }
    auto credentials = std::make_shared<Credentials>();
    std::string password;
    read_body(request.body, problems, [&](config::Section& section) {
        section.need_text("name", credentials->name);
        section.need_text("password", password);
        if (credentials->name.size() > kNameBytesMax) section.problem_at("name", "is too long");
        if (password.size() > kPasswordBytesMax) section.problem_at("password", "is too long");
    });
    credentials->password = Secret(std::move(password));
    credentials->address = request.remote_address;
    credentials->network = network_of(request.remote_address);
    credentials->request_id = request.request_id;
    credentials->cookie_name = cookie_name(request);
    credentials->over_tls = is_over_tls(request);
    if (refused(problems, ticket)) return;
    if (const auto wait = attempts_.must_wait(credentials->name, credentials->network)) {
        return ticket.complete(too_many_attempts(*wait));
    }
    const auto place = places_.take(credentials->network);
    if (place == nullptr) return ticket.complete(too_many_attempts(std::chrono::seconds(1)));
    answer_at_desk(parts_, std::move(ticket),
                   [this, credentials, place] { return check(*credentials); });
}

ServerResponse SessionApi::check(const Credentials& credentials) {
    // Asked again: many may have been let in before the first one was refused.
    if (const auto wait = attempts_.must_wait(credentials.name, credentials.network)) {
        return too_many_attempts(*wait);
    }
    const auto* const person = people_.find(credentials.name, credentials.password);
    if (person == nullptr) {
        attempts_.failed(credentials.name, credentials.network);
        // The name may be a password that was typed into the wrong field.
        parts_.api.log.warning("console.sign_in_refused", {{"remote_address", credentials.address},
                                                           {"request_id", credentials.request_id}});
        return to_response({.status = 401,
                            .code = "wrong_password",
                            .title = "The name or the password is wrong"});
    }
    attempts_.succeeded(credentials.name, credentials.network);
    const auto opened = parts_.sessions.open(*person);
    parts_.api.log.info("console.signed_in", {{"operator", person->id},
                                              {"role", person->role},
                                              {"remote_address", credentials.address},
                                              {"request_id", credentials.request_id}});
    auto response = session_response(opened.session);
    response.headers.emplace_back(
        "Set-Cookie",
        parts_.sessions.cookie(credentials.cookie_name, opened.token, credentials.over_tls));
    return response;
}

void SessionApi::get(const ServerRequest& request, Ticket ticket) {
    const auto session = admit(parts_, request, ticket);
    if (session) ticket.complete(session_response(*session));
}

void SessionApi::sign_out(const ServerRequest& request, Ticket ticket) {
    const auto session = admit_to_change(parts_, request, ticket);
    if (!session) return;
    parts_.sessions.close(request);
    parts_.api.log.info("console.signed_out",
                        {{"operator", session->name}, {"request_id", request.request_id}});
    ticket.complete({.status = 204,
                     .headers = {{"Set-Cookie", parts_.sessions.cookie(cookie_name(request), "",
                                                                       is_over_tls(request))}}});
}

}  // namespace tollgate::gateway::operate
