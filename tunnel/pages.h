#pragma once

#include <string_view>

namespace tollgate::tunnel {

// The text of tunnel/pages/<name>, built into the program. A name that is not there is a bug and
// stops the process.
std::string_view page_text(std::string_view name);

}  // namespace tollgate::tunnel
