#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace tollgate::gateway {

// The payload of an event of this type about a payment that never was, for the endpoint's owner to
// try his reading on; nothing for types that we do not send.
std::optional<std::string> example_payload(std::string_view type, Timestamp now, Entropy& entropy);

}  // namespace tollgate::gateway
