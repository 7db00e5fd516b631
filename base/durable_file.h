#pragma once

#include <string>

#include "base/result.h"

namespace tollgate {

// What of a file's life must outlast a loss of power. Errors: unavailable; each names the file.

// Its bytes are on the disk.
Result<Done> sync_file(const std::string& file);

// Gives `from` the name `to`, durably; both in one folder. Never over another file: conflict when
// `to` is there.
Result<Done> rename_to_new(const std::string& from, const std::string& to);

}  // namespace tollgate
