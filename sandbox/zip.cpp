#include "sandbox/zip.h"

#include <cstdint>

#include <zlib.h>

namespace tollgate::sandbox {
namespace {

constexpr std::uint16_t kVersion = 20;  // What is needed to read deflate.
constexpr std::uint16_t kDeflate = 8;
constexpr std::uint16_t kDosDate = 0x21;  // 1 January 1980: the day does not matter.
constexpr std::size_t kBytesMax = 0xFFFF'0000;

// Numbers stand with their lowest byte first.
void put(std::string& out, std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

struct Packed {
    std::uint32_t crc;
    std::string bytes;
};

Bytef* unsigned_bytes(const std::string& text) {
    // zlib's input pointer is not const, though it only reads.
    return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT
}

Result<Packed> pack(const std::string& text) {
    constexpr int kRaw = -15;  // No header of zlib's own.
    constexpr int kMemory = 8;
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRaw, kMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return Error(ErrorCode::internal, "zlib could not begin");
    }
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = unsigned_bytes(text);
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = unsigned_bytes(out);
    stream.avail_out = static_cast<uInt>(out.size());
    const int end = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (end != Z_STREAM_END) return Error(ErrorCode::internal, "zlib could not pack");
    const auto crc = crc32(0, unsigned_bytes(text), static_cast<uInt>(text.size()));
    return Packed{.crc = static_cast<std::uint32_t>(crc), .bytes = std::move(out)};
}

// What the local header and the directory have in common.
void put_common(std::string& out, const ZipEntry& entry, const Packed& packed) {
    put(out, kVersion, 2);
    put(out, 0, 2);  // No flags: above all not "the name is UTF-8".
    put(out, kDeflate, 2);
    put(out, 0, 2);
    put(out, kDosDate, 2);
    put(out, packed.crc, 4);
    put(out, static_cast<std::uint32_t>(packed.bytes.size()), 4);
    put(out, static_cast<std::uint32_t>(entry.bytes.size()), 4);
    put(out, static_cast<std::uint32_t>(entry.name.size()), 2);
    put(out, 0, 2);
}

}  // namespace

Result<std::string> zip_of(const std::vector<ZipEntry>& entries) {
    std::string archive;
    std::string directory;
    for (const ZipEntry& entry : entries) {
        if (entry.bytes.size() + archive.size() > kBytesMax) {
            return Error(ErrorCode::invalid_argument, "too much for one archive");
        }
        TOLLGATE_TRY(const Packed packed, pack(entry.bytes));
        const auto offset = static_cast<std::uint32_t>(archive.size());
        archive += "PK\x03\x04";
        put_common(archive, entry, packed);
        archive += entry.name + packed.bytes;
        directory += "PK\x01\x02";
        put(directory, kVersion, 2);
        put_common(directory, entry, packed);
        put(directory, 0, 2);  // No comment.
        put(directory, 0, 2);  // First disk.
        put(directory, 0, 2);
        put(directory, 0, 4);
        put(directory, offset, 4);
        directory += entry.name;
    }
    const auto start = static_cast<std::uint32_t>(archive.size());
    archive += directory;
    archive += "PK\x05\x06";
    put(archive, 0, 4);  // One disk.
    put(archive, static_cast<std::uint32_t>(entries.size()), 2);
    put(archive, static_cast<std::uint32_t>(entries.size()), 2);
    put(archive, static_cast<std::uint32_t>(directory.size()), 4);
    put(archive, start, 4);
    put(archive, 0, 2);
    return archive;
}

}  // namespace tollgate::sandbox
