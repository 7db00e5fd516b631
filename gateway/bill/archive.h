#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tollgate::gateway::bill {

// What a bill's file may cost us, whoever wrote it.
struct ArchiveLimits {
    std::int64_t file_bytes_max = std::int64_t{1024} * 1024 * 1024;
    std::int64_t unpacked_bytes_max = std::int64_t{4} * 1024 * 1024 * 1024;  // All texts together.
    int texts_max = 64;
};

// The texts of one bill file, one after another, each in pieces, so that none ever stands in memory
// as a whole.
class TextConsumer {
public:
    virtual ~TextConsumer() = default;
    // `name` for people: the file's, and the entry's if it is an archive.
    virtual Result<Done> begin(const std::string& name) = 0;
    virtual Result<Done> take(std::string_view bytes) = 0;
    virtual Result<Done> end() = 0;
};

// Reads a ZIP archive, or a text that stands by itself. An entry's name decides nothing (Alipay
// writes it in GBK, and it has changed before); a checksum that does not fit is an error. Errors:
// not_found, invalid_argument (damaged, encrypted, beyond a limit), and the consumer's own.
Result<Done> read_bill_file(const std::string& file, const ArchiveLimits& limits,
                            TextConsumer& consumer);

}  // namespace tollgate::gateway::bill
