#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tollgate::sandbox {

struct ZipEntry {
    std::string name;  // Bytes as they shall stand: Alipay's are GBK, without the UTF-8 mark.
    std::string bytes;
};

// A ZIP archive of deflated entries (PKWARE's APPNOTE 4.3), written in one piece.
// Errors: invalid_argument beyond 4 GiB, internal when zlib refuses.
Result<std::string> zip_of(const std::vector<ZipEntry>& entries);

}  // namespace tollgate::sandbox
