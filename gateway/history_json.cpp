#include "gateway/history_json.h"

#include "base/json_object.h"

namespace tollgate::gateway {

std::string transitions_json(const std::vector<ledger::TransitionRecord>& history) {
    std::string list = "[";
    for (const auto& step : history) {
        JsonObject json;
        json.number("version", step.version)
            .maybe_text("from", step.from)
            .text("to", step.to)
            .text("cause", step.cause)
            .text("cause_id", step.cause_id)
            .text("request_id", step.request_id)
            .time("at", step.at);
        if (list.size() > 1) list += ',';
        list += std::move(json).end();
    }
    return list + "]";
}

}  // namespace tollgate::gateway
