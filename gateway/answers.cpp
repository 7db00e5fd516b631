#include "gateway/answers.h"

#include "base/log.h"

namespace tollgate::gateway {
namespace {

// Empty when the action may be handed out.
std::string_view reason_to_withhold(const ledger::Payment& payment,
                                    const std::optional<std::string>& action, Timestamp now) {
    // Money that fits nothing came for it: the buyer should not be asked to pay again.
    if (payment.held) return "held";
    if (payment.status != ledger::PaymentStatus::pending) return name_of(payment.status);
    if (!action) return "not_ready";
    if (payment.expires_at - now < kActionLeft) return "expired";
    return {};
}

}  // namespace

std::string payment_answer_json(const ledger::Payment& payment,
                                const std::optional<std::string>& action, Timestamp now) {
    std::string json = to_json(payment);
    json.pop_back();
    const std::string_view withheld = reason_to_withhold(payment, action, now);
    if (withheld.empty()) return json + R"(,"action":)" + *action + "}";
    json += R"(,"action":null,"action_withheld":)";
    append_json_string(json, withheld);
    return json + "}";
}

transport::ServerResponse json_response(int status, std::string json) {
    return {.status = status, .content_type = "application/json", .body = std::move(json)};
}

std::string action_json(std::string_view type, std::string_view member, std::string_view value) {
    std::string json = R"({"type":)";
    append_json_string(json, type);
    json += ",\"" + std::string(member) + "\":";
    append_json_string(json, value);
    return json + "}";
}

}  // namespace tollgate::gateway
