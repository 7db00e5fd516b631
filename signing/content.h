#pragma once

#include <string>

#include "signing/fields.h"

namespace tollgate::signing {

// The text a signature covers: name=value pairs sorted by name in byte order and joined by '&',
// values as they are, never percent-encoded, bytes in the message's own charset.
//
// Which pairs take part differs by the kind of message, so each kind has its own function.

// A request to Alipay: without `sign`, with `sign_type`; a pair whose value is empty or only white
// space is left out, and must not be sent either (protocol notes 2.1).
std::string request_content(const Fields& fields);

// An asynchronous notification or a return_url, rule V1: without `sign` and `sign_type`; empty
// values are left out, white space counts (protocol notes 4.2).
std::string notification_content(const Fields& fields);

// Rule V2, for life accounts and the service market only: without `sign` (protocol notes 4.3).
// Never for payments.
std::string notification_content_v2(const Fields& fields);

}  // namespace tollgate::signing
