#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http_message.h"

namespace tollgate::tunnel {

// Numbers and texts as bytes, big-endian and with their lengths.
class WireWriter {
public:
    void u8(std::uint8_t value) { bytes_ += static_cast<char>(value); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }
    void raw(std::string_view bytes) { bytes_ += bytes; }
    void text(std::string_view text);
    void headers(const transport::HeaderList& headers);

    std::string take() { return std::move(bytes_); }
    std::size_t size() const { return bytes_.size(); }

private:
    void number(std::uint64_t value, int width);

    std::string bytes_;
};

// Reads what WireWriter wrote. After the first mistake every read gives nothing and good() stays
// false, so that a whole message is read straight through and judged once.
class WireReader {
public:
    explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    // A number that fits into an int; a larger one is a mistake.
    int small();
    std::string_view raw(std::size_t size);
    std::string text() { return std::string(raw(u32())); }
    transport::HeaderList headers();

    void fail() { good_ = false; }
    bool good() const { return good_; }
    bool at_end() const { return bytes_.empty(); }
    std::string_view rest() { return raw(bytes_.size()); }

private:
    std::uint64_t number(int width);

    std::string_view bytes_;
    bool good_ = true;
};

}  // namespace tollgate::tunnel
