#include "gateway/bill/archive.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

#include <zip.h>

#include "base/charset.h"
#include "base/utf8.h"

namespace tollgate::gateway::bill {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

struct DiscardZip {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseZipFile {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipHandle = std::unique_ptr<zip_t, DiscardZip>;
using ZipFileHandle = std::unique_ptr<zip_file_t, CloseZipFile>;

Error refused(const std::string& name, const std::string& why) {
    return Error(ErrorCode::invalid_argument, name + ": " + why);
}

// Counts what all texts of the file unpack to.
class Budget {
public:
    explicit Budget(std::int64_t bytes) : left_(bytes) {}
    bool spend(std::int64_t bytes) {
        left_ -= bytes;
        return left_ >= 0;
    }

private:
    std::int64_t left_;
};

// For messages and logs alone: readable, and on one line.
std::string shown_name(const char* bytes) {
    const std::string_view raw = bytes == nullptr ? "" : bytes;
    std::string name = is_utf8(raw) ? std::string(raw) : to_utf8(raw, "gbk").value_or("(unnamed)");
    for (char& c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return name;
}

Result<ZipHandle> open_archive(const std::string& file) {
    int code = 0;
    ZipHandle archive(zip_open(file.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
    if (archive) return archive;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    return refused(file, "not a ZIP archive that can be read: " + why);
}

class ArchiveReading {
public:
    ArchiveReading(const std::string& file, const ArchiveLimits& limits, TextConsumer& consumer)
        : file_(file), limits_(limits), consumer_(consumer), budget_(limits.unpacked_bytes_max) {}

    Result<Done> read_archive() {
        TOLLGATE_TRY(const auto archive, open_archive(file_));
        const std::int64_t entries = zip_get_num_entries(archive.get(), 0);
        if (entries <= 0) return refused(file_, "the archive is empty");
        if (entries > limits_.texts_max) {
            return refused(file_, "the archive has " + std::to_string(entries) + " entries, " +
                                      std::to_string(limits_.texts_max) + " are allowed");
        }
        for (std::int64_t i = 0; i < entries; ++i) {
            TOLLGATE_DO(read_entry(archive.get(), static_cast<zip_uint64_t>(i)));
        }
        return Done{};
    }

    Result<Done> read_text() {
        std::ifstream input(file_, std::ios::binary);
        if (!input) return Error(ErrorCode::not_found, "cannot read " + file_);
        TOLLGATE_DO(consumer_.begin(file_));
        std::array<char, kPieceBytes> piece{};
        while (input) {
            input.read(piece.data(), piece.size());
            TOLLGATE_DO(pass_on(file_, {piece.data(), static_cast<std::size_t>(input.gcount())}));
        }
        if (input.bad()) return Error(ErrorCode::unavailable, "cannot read " + file_);
        return consumer_.end();
    }

private:
    Result<Done> read_entry(zip_t* archive, zip_uint64_t index) {
        // Raw: the names are GBK without saying so.
        const std::string inner = shown_name(zip_get_name(archive, index, ZIP_FL_ENC_RAW));
        if (inner.ends_with('/')) return Done{};
        const std::string name = file_ + " (" + inner + ")";
        const ZipFileHandle entry(zip_fopen_index(archive, index, 0));
        if (!entry) return refused(name, zip_strerror(archive));
        TOLLGATE_DO(consumer_.begin(name));
        std::array<char, kPieceBytes> piece{};
        for (;;) {
            const zip_int64_t size = zip_fread(entry.get(), piece.data(), piece.size());
            if (size < 0) return refused(name, zip_file_strerror(entry.get()));
            if (size == 0) return consumer_.end();
            TOLLGATE_DO(pass_on(name, {piece.data(), static_cast<std::size_t>(size)}));
        }
    }

    Result<Done> pass_on(const std::string& name, std::string_view piece) {
        if (budget_.spend(static_cast<std::int64_t>(piece.size()))) return consumer_.take(piece);
        return refused(
            name, "unpacks to more than " + std::to_string(limits_.unpacked_bytes_max) + " bytes");
    }

    const std::string& file_;
    const ArchiveLimits& limits_;
    TextConsumer& consumer_;
    Budget budget_;
};

Result<bool> is_archive(const std::string& file) {
    std::ifstream input(file, std::ios::binary);
    if (!input) return Error(ErrorCode::not_found, "cannot read " + file);
    std::array<char, 4> start{};
    input.read(start.data(), start.size());
    const std::string_view magic(start.data(), start.size());
    return magic == std::string_view("PK\x03\x04", 4) || magic == std::string_view("PK\x05\x06", 4);
}

}  // namespace

Result<Done> read_bill_file(const std::string& file, const ArchiveLimits& limits,
                            TextConsumer& consumer) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(file, missing);
    if (missing) return Error(ErrorCode::not_found, "cannot read " + file);
    if (size > static_cast<std::uintmax_t>(limits.file_bytes_max)) {
        return refused(file, "is larger than " + std::to_string(limits.file_bytes_max) + " bytes");
    }
    TOLLGATE_TRY(const bool archive, is_archive(file));
    ArchiveReading reading(file, limits, consumer);
    return archive ? reading.read_archive() : reading.read_text();
}

}  // namespace tollgate::gateway::bill
