#include "gateway/openapi/document.h"

#include <array>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "gateway/answers.h"
#include "gateway/openapi/pages.h"

namespace tollgate::gateway::openapi {
namespace {

// Shown in the order in which they are written.
using OrderedJson = nlohmann::ordered_json;

constexpr std::array<const char*, 8> kAreas = {
    "payments.json",  "refunds.json",     "preauthorisations.json", "events.json",
    "endpoints.json", "differences.json", "notifications.json",     "doors.json"};

void add_members(OrderedJson& to, const OrderedJson& from) {
    for (const auto& [name, value] : from.items()) {
        TOLLGATE_CHECK(!to.contains(name));  // Two files describe the same.
        to[name] = value;
    }
}

}  // namespace

std::string document() {
    OrderedJson whole = OrderedJson::parse(page_text("about.json"));
    whole["info"]["version"] = TOLLGATE_VERSION;
    for (const char* area : kAreas) {
        const OrderedJson part = OrderedJson::parse(page_text(area));
        add_members(whole["paths"], part["paths"]);
        if (!part.contains("components")) continue;
        add_members(whole["components"]["schemas"], part["components"]["schemas"]);
    }
    return whole.dump();
}

void add_routes(transport::Router& router) {
    router.add("GET", "/openapi.json",
               [text = document()](transport::ServerRequest&, transport::Ticket ticket) {
                   ticket.complete(json_response(200, text));
               });
}

}  // namespace tollgate::gateway::openapi
