#include "gateway/difference_api.h"

#include "base/json_object.h"
#include "gateway/answers.h"
#include "gateway/difference_unit.h"
#include "gateway/visibility.h"

namespace tollgate::gateway {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr std::size_t kNoteCharactersMax = 1'000;

ledger::DifferenceQuery read_query(const ServerRequest& request, const Caller& caller,
                                   std::vector<config::Problem>& problems) {
    ledger::DifferenceQuery query{.apps = apps_of(caller)};
    QueryReader reader(request.query, problems);
    if (const auto app = reader.text("app")) {
        query.apps = caller.may_see(*app) ? std::vector{*app} : std::vector<std::string>();
    }
    const std::string status = reader.text("status").value_or("open");
    if (status == "open") {
        query.open = true;
    } else if (status == "settled") {
        query.open = false;
    } else if (status != "all") {
        reader.problem("status", "must be open, settled or all");
    }
    query.difference_class = reader.text("class").value_or("");
    query.after = reader.number("after", 0, 0, INT64_MAX);
    query.limit = static_cast<int>(reader.number("limit", 100, 1, 500));
    reader.finish();
    return query;
}

std::string list_json(const std::vector<ledger::DifferenceView>& found, std::int64_t after,
                      bool more) {
    std::string list = "[";
    for (const auto& difference : found) {
        if (list.size() > 1) list += ',';
        list += difference_json(difference);
    }
    JsonObject json;
    json.raw("differences", list + "]")
        .number("next_after", found.empty() ? after : found.back().row)
        .yes("more", more);
    return std::move(json).end();
}

}  // namespace

void DifferenceApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](ServerRequest& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    router.add("GET", "/v1/differences", bound(&DifferenceApi::list));
    router.add("GET", "/v1/differences/{id}", bound(&DifferenceApi::get_one));
    router.add("POST", "/v1/differences/{id}/settle", bound(&DifferenceApi::settle));
}

void DifferenceApi::list(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    auto query = read_query(request, *caller, problems);
    if (refused(problems, ticket)) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           const int wanted = query.limit++;
                           TOLLGATE_TRY(auto found, reading.differences(query));
                           const bool more = found.size() > static_cast<std::size_t>(wanted);
                           if (more) found.pop_back();
                           return json_response(200, list_json(found, query.after, more));
                       });
}

void DifferenceApi::get_one(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto found,
                                        reading.difference(request.captures.at(0)));
                           if (!found || !caller->may_see(found->app)) {
                               return to_response({.status = 404,
                                                   .code = "difference_not_found",
                                                   .title = "There is no such difference"});
                           }
                           return json_response(200, difference_json(*found));
                       });
}

void DifferenceApi::settle(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "operate", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    WantedSettlement wanted{.difference_id = request.captures.at(0),
                            .caller = caller,
                            .request_id = request.request_id};
    std::string action;
    read_body(request.body, problems, [&](config::Section& section) {
        section.need_choice("action", action, {"accept", "refund", "ignore"});
        section.may_have_text("note", wanted.note);
        if (wanted.note.size() > kNoteCharactersMax) {
            section.problem_at("note", "up to 1000 bytes are allowed");
        }
    });
    auto key = need_key_header(request, problems);
    if (refused(problems, ticket)) return;
    wanted.settlement = settlement_from(action).value_or(Settlement::ignore);
    JsonObject fingerprint;
    fingerprint.text("does", "settle")
        .text("difference", wanted.difference_id)
        .text("action", action)
        .text("note", wanted.note);
    wanted.keyed = {.caller = caller->id,
                    .key = std::move(key),
                    .fingerprint = std::move(fingerprint).end(),
                    .now = seams_.clock.now()};
    answer_after_commit(
        seams_, request.request_id, std::move(ticket),
        [this, wanted](ledger::Books& books) {
            return settle_in_books(books, apps_, wanted, seams_.entropy);
        },
        [this, wanted] {
            seams_.log.info("difference.settled", {{"difference_id", wanted.difference_id},
                                                   {"action", name_of(wanted.settlement)},
                                                   {"caller", wanted.caller->id},
                                                   {"request_id", wanted.request_id}});
            seams_.on_change();
        });
}

}  // namespace tollgate::gateway
