#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "transport/address_guard.h"

namespace tollgate::transport {

// What libcurl will make of a URL, read by its own parser so that the two never differ.
struct OutgoingUrl {
    std::string host;                  // Without the brackets of an IPv6 literal.
    std::optional<IpAddress> literal;  // When the host is an address and no name.
};

// Errors: invalid_argument when it is no http or https URL, carries a user or password, or names no
// host.
Result<OutgoingUrl> read_outgoing_url(const std::string& url);

}  // namespace tollgate::transport
