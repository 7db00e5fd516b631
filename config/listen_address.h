#pragma once

#include <optional>
#include <string_view>

#include "config/json_reader.h"

namespace tollgate::config {

// "127.0.0.1:8600" or "[::1]:8600"; nothing when it is not one.
std::optional<ListenAddress> read_listen_address(std::string_view text);

}  // namespace tollgate::config
