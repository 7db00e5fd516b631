#include "gateway/endpoint_request.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "gateway/api_request.h"
#include "transport/outgoing_url.h"

namespace tollgate::gateway {
namespace {

constexpr std::size_t kUrlBytesMax = 2'000;
constexpr std::size_t kDescriptionMax = 200;
constexpr std::size_t kFilterMax = 50;

constexpr std::array kRuleNames{"schedule",         "timeout_seconds", "in_flight_max",
                                "drain_per_second", "ordered",         "success_body",
                                "park_after_hours"};

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 32 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
               std::string_view::npos;
}

class BodyReader {
public:
    BodyReader(config::Section& section, const Caller& caller, const EndpointDoors& doors,
               EndpointWishes& wishes)
        : section_(section), caller_(caller), doors_(doors), wishes_(wishes) {}

    void read_new() {
        if (section_.has("id")) {
            section_.need_text("id", wishes_.id.emplace());
            if (!wishes_.id->empty() && !is_id(*wishes_.id)) {
                section_.problem_at("id", "1 to 32 lower-case letters, digits and '-' are needed");
            }
        }
        if (section_.has("signature")) {
            section_.need_choice("signature", wishes_.signature.emplace(), {"v1", "v1a"});
        }
        if (!section_.has("url")) section_.problem_at("url", "is missing");
    }

    void read_plan() {
        read_url();
        if (section_.has("description")) {
            section_.may_have_any_text("description", wishes_.description.emplace());
            if (utf8_characters(*wishes_.description) > kDescriptionMax) {
                section_.problem_at("description", "is longer than 200 characters");
            }
        }
        read_apps();
        read_event_types();
        config::DeliveryRules rules;
        config::read_delivery_rules(section_, rules);
        if (rules.waits.size() > kFilterMax) {
            section_.problem_at("schedule", "holds more than 50 waits");
        }
    }

private:
    void read_url() {
        if (!section_.has("url")) return;
        std::string& url = wishes_.url.emplace();
        section_.need_text("url", url);
        if (url.empty()) return;  // Said already.
        if (const auto wrong = wrong_endpoint_url(doors_, url); !wrong.empty()) {
            section_.problem_at("url", wrong);
        }
    }

    void read_apps() {
        if (!section_.has("apps")) return;
        auto& apps = wishes_.apps.emplace();
        section_.need_texts("apps", apps);
        for (const std::string& app : apps) {
            if (!caller_.may_see(app)) {
                section_.problem_at("apps", "\"" + app + "\" is not one of your apps");
            }
        }
        check_list("apps", apps);
    }

    void read_event_types() {
        if (!section_.has("event_types")) return;
        auto& types = wishes_.event_types.emplace();
        section_.may_have_texts("event_types", types);
        for (const std::string& type : types) {
            if (!config::is_event_pattern(type)) {
                section_.problem_at("event_types",
                                    "\"" + type +
                                        "\" is neither an event type such as payment.paid nor a "
                                        "family such as payment.*");
            }
        }
        check_list("event_types", types);
    }

    void check_list(const char* key, const std::vector<std::string>& names) {
        if (names.size() > kFilterMax) section_.problem_at(key, "holds more than 50 names");
        auto sorted = names;
        std::ranges::sort(sorted);
        if (std::ranges::adjacent_find(sorted) != sorted.end()) {
            section_.problem_at(key, "holds a name twice");
        }
    }

    config::Section& section_;
    const Caller& caller_;
    const EndpointDoors& doors_;
    EndpointWishes& wishes_;
};

// For what the reader has found to be right.
void take_rules(std::string_view body, EndpointWishes& wishes) {
    constexpr bool kThrow = false;
    const auto json = nlohmann::json::parse(body.empty() ? "{}" : body, nullptr, kThrow);
    if (!json.is_object()) return;
    nlohmann::json rules = nlohmann::json::object();
    for (const char* name : kRuleNames) {
        if (json.contains(name)) rules[name] = json[name];
    }
    wishes.rules = rules.dump();
    wishes.empty = json.empty();
    wishes.fingerprint = nlohmann::json{{"route", "POST /v1/endpoints"}, {"body", json}}.dump();
}

}  // namespace

Result<EndpointDoors> EndpointDoors::make(const std::vector<std::string>& allowed_networks) {
    TOLLGATE_TRY(auto https, transport::AddressGuard::make({.allowed_networks = allowed_networks}));
    TOLLGATE_TRY(auto http, transport::AddressGuard::make({.public_is_allowed = false,
                                                           .allowed_networks = allowed_networks}));
    return EndpointDoors{.https = std::move(https), .http = std::move(http)};
}

std::string wrong_endpoint_url(const EndpointDoors& doors, const std::string& url) {
    const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7F; });
    if (url.size() > kUrlBytesMax || !printable || url.find('#') != std::string::npos) {
        return "must be up to 2000 printable characters, without a '#'";
    }
    const auto judged = transport::check_url(doors.https, url);
    if (!judged) return judged.error().message();
    // The scheme's letter case is free.
    if (url.size() >= 5 && (url[4] == 's' || url[4] == 'S')) return {};
    const auto read = transport::read_outgoing_url(url);
    if (read && read->literal && doors.http.allows(*read->literal)) return {};
    return "must begin with https://: http:// is for addresses (not names) in the networks that "
           "/deliveries/allowed_networks lists";
}

EndpointWishes read_endpoint_body(EndpointBody kind, std::string_view body, const Caller& caller,
                                  const EndpointDoors& doors,
                                  std::vector<config::Problem>& problems) {
    EndpointWishes wishes;
    const std::size_t before = problems.size();
    read_body(body, problems, [&](config::Section& section) {
        BodyReader reader(section, caller, doors, wishes);
        if (kind == EndpointBody::make) reader.read_new();
        reader.read_plan();
    });
    if (problems.size() == before) take_rules(body, wishes);
    if (problems.size() == before && kind == EndpointBody::change && wishes.empty) {
        problems.push_back({.where = "/", .what = "names nothing to change"});
    }
    return wishes;
}

Result<ledger::EndpointPlan> changed_plan(const ledger::EndpointPlan& plan,
                                          const EndpointWishes& wishes) {
    ledger::EndpointPlan changed = plan;
    if (wishes.url) changed.url = *wishes.url;
    if (wishes.description) changed.description = *wishes.description;
    if (wishes.apps) changed.apps = *wishes.apps;
    if (wishes.event_types) changed.event_types = *wishes.event_types;
    TOLLGATE_TRY(config::DeliveryRules rules, config::parse_delivery_rules(plan.rules));
    std::vector<config::Problem> problems;
    read_body(wishes.rules, problems,
              [&](config::Section& section) { config::read_delivery_rules(section, rules); });
    if (!problems.empty()) return Error(ErrorCode::internal, config::to_text(problems));
    changed.rules = config::to_json(rules).dump();
    return changed;
}

}  // namespace tollgate::gateway
