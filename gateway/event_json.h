#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "ledger/delivery.h"

// How events, deliveries and attempts look in the API's answers; docs/api.md explains them.
namespace tollgate::gateway {

// Members in the order in which they were added.
using AnswerJson = nlohmann::ordered_json;

// Its text. Bytes that are not UTF-8, as another's answer may hold, become U+FFFD.
std::string to_text(const AnswerJson& json);

// RFC 3339, or null.
AnswerJson time_json(const std::optional<Timestamp>& at);

// {"publication":…,…,"payload":{…}<further>}; `further` are members, each with its leading comma.
std::string event_json(const ledger::EventView& event, const std::string& further = "");

// `now` tells a lease that holds from one that has run out.
AnswerJson delivery_json(const ledger::DeliveryView& delivery, Timestamp now);
AnswerJson deliveries_json(const std::vector<ledger::DeliveryView>& deliveries, Timestamp now);

AnswerJson attempt_json(const ledger::AttemptView& attempt);

}  // namespace tollgate::gateway
