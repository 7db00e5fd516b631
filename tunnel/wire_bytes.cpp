#include "tunnel/wire_bytes.h"

namespace tollgate::tunnel {
namespace {

constexpr std::uint32_t kHeadersMax = 1'000;
constexpr std::uint64_t kSmallMax = 0x7FFFFFFF;

}  // namespace

void WireWriter::number(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
        bytes_ += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
    }
}

void WireWriter::text(std::string_view text) {
    u32(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
}

void WireWriter::headers(const transport::HeaderList& headers) {
    u32(static_cast<std::uint32_t>(headers.size()));
    for (const auto& [name, value] : headers) {
        text(name);
        text(value);
    }
}

std::string_view WireReader::raw(std::size_t size) {
    if (size > bytes_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
}

std::uint64_t WireReader::number(int width) {
    std::uint64_t value = 0;
    for (const char byte : raw(static_cast<std::size_t>(width))) {
        value = value << 8U | static_cast<unsigned char>(byte);
    }
    return value;
}

int WireReader::small() {
    const std::uint64_t value = number(4);
    if (value > kSmallMax) good_ = false;
    return good_ ? static_cast<int>(value) : 0;
}

transport::HeaderList WireReader::headers() {
    transport::HeaderList headers;
    const std::uint32_t count = u32();
    if (count > kHeadersMax) good_ = false;
    for (std::uint32_t i = 0; i < count && good_; ++i) {
        std::string name = text();
        headers.emplace_back(std::move(name), text());
    }
    return headers;
}

}  // namespace tollgate::tunnel
