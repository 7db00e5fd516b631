#pragma once

#include <filesystem>

namespace tollgate {

// The source tree, for tests that read its documents.
std::filesystem::path source_dir();

}  // namespace tollgate
