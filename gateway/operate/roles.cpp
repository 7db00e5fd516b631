#include "gateway/operate/roles.h"

namespace tollgate::gateway::operate {

bool may_act(std::string_view role) {
    return role == "operator" || role == "admin";
}

bool may_see_audit(std::string_view role) {
    return role == "admin";
}

std::string caller_id(std::string_view name) {
    return "operator:" + std::string(name);
}

std::vector<Caller> callers_of(const config::Settings& settings) {
    std::vector<Caller> callers;
    if (!settings.console) return callers;
    for (const config::ConsoleOperator& person : settings.console->operators) {
        Caller caller{.id = caller_id(person.id),
                      .apps = {},
                      .rights = {"read"},
                      .sees_bodies = person.role == "admin"};
        for (const auto& app : settings.apps) caller.apps.insert(app.id);
        if (may_act(person.role)) {
            caller.rights.insert({"close", "refund", "redeliver", "operate"});
        }
        callers.push_back(std::move(caller));
    }
    return callers;
}

}  // namespace tollgate::gateway::operate
