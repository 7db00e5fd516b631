#pragma once

#include <filesystem>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.h"

namespace tollgate::config {

// The settings, or every problem at once. Secrets and keys that are named as files are read from
// beside `folder`; nothing else is touched. What a key's text means is checked by its user.
std::variant<Settings, std::vector<Problem>> load(std::string_view json_text,
                                                  const std::filesystem::path& folder);

// The same for a file; a file that cannot be read is a problem at "/".
std::variant<Settings, std::vector<Problem>> load_file(const std::filesystem::path& file);

}  // namespace tollgate::config
