#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "tests/support/fakes.h"

namespace tollgate::transport::testing {

// A self-signed certificate and its key, in files.
struct TlsFiles {
    std::string certificate;
    std::string key;
};

// Makes one for localhost, 127.0.0.1 and ::1, good for 30 days from `from`, under this name.
TlsFiles write_tls_files(const tollgate::testing::TempFolder& folder, const std::string& name,
                         Timestamp from);

void write_file(const std::string& file, std::string_view content);
std::string read_whole(const std::string& file);

}  // namespace tollgate::transport::testing
