// What the file of a bill may be: an archive, a text, or neither.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "base/check.h"
#include "gateway/bill/archive.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tollgate;  // NOLINT(google-build-using-namespace): a fuzzer.
using namespace tollgate::gateway::bill;

constexpr ArchiveLimits kLimits{
    .file_bytes_max = 1'000'000, .unpacked_bytes_max = 200'000, .texts_max = 4};

class Counting final : public TextConsumer {
public:
    Result<Done> begin(const std::string& name) override {
        TOLLGATE_CHECK(!open_ && !name.empty());
        for (const char c : name) TOLLGATE_CHECK(static_cast<unsigned char>(c) >= 0x20);
        open_ = true;
        ++texts;
        return Done{};
    }
    Result<Done> take(std::string_view piece) override {
        TOLLGATE_CHECK(open_);
        bytes += static_cast<std::int64_t>(piece.size());
        return Done{};
    }
    Result<Done> end() override {
        TOLLGATE_CHECK(open_);
        open_ = false;
        return Done{};
    }
    bool is_open() const { return open_; }

    int texts = 0;
    std::int64_t bytes = 0;

private:
    bool open_ = false;
};

const std::string& scratch_file() {
    static const std::string kFile =
        (std::filesystem::temp_directory_path() / ("bill_fuzz_" + std::to_string(::getpid())))
            .string();
    return kFile;
}

}  // namespace

void fuzz(std::string_view input) {
    std::ofstream(scratch_file(), std::ios::binary | std::ios::trunc) << input;
    Counting counting;
    const auto done = read_bill_file(scratch_file(), kLimits, counting);
    TOLLGATE_CHECK(counting.bytes <= kLimits.unpacked_bytes_max);
    TOLLGATE_CHECK(counting.texts <= kLimits.texts_max);
    TOLLGATE_CHECK(done ? !counting.is_open() : !done.error().message().empty());
}
