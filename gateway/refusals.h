#pragma once

#include <string_view>

#include "transport/http_message.h"

namespace tollgate::gateway {

// The front's own refusals in the API's words. Its 503 is an answer that did not come in time: the
// work may have been done.
transport::ServerResponse api_refusal(int status, std::string_view reason);

// What the front itself refuses on the public listener, a late ticket included, is a failure in
// Alipay's eyes: whoever reads the body finds the word for it.
transport::ServerResponse public_refusal(int status, std::string_view reason);

}  // namespace tollgate::gateway
