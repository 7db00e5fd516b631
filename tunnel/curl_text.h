#pragma once

#include <string>

#include "transport/http_client.h"

namespace tollgate::tunnel {

// The same request as a command for a POSIX shell: method, raw target, these headers and no others
// of curl's own, and the body byte for byte, binary ones through printf. Pure.
std::string curl_command(const transport::ClientRequest& request);

}  // namespace tollgate::tunnel
