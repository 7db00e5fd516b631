#include "signing/password.h"

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/check.h"
#include "signing/digest.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint64_t kMemoryMax = std::uint64_t{256} * 1024 * 1024;
constexpr std::size_t kParts = 6;

std::uint64_t memory_of(const ScryptCost& cost) {
    return (std::uint64_t{128} * static_cast<std::uint64_t>(cost.r)) << cost.log2_n;
}

std::string scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost) {
    std::string hash(kHashBytes, '\0');
    // OpenSSL counts a little besides the table itself.
    const std::uint64_t memory = 2 * memory_of(cost) + std::uint64_t{1024} * 1024;
    const int done =
        EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(),
                       std::uint64_t{1} << cost.log2_n, static_cast<std::uint64_t>(cost.r),
                       static_cast<std::uint64_t>(cost.p), memory, bytes_of(hash), hash.size());
    TOLLGATE_CHECK(done == 1);
    return hash;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find('$');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<int> number(std::string_view text, int least, int most) {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || read_to != end || value < least || value > most) {
        return std::nullopt;
    }
    return value;
}

std::optional<std::string> from_hex(std::string_view digits, std::size_t bytes) {
    if (digits.size() != bytes * 2) return std::nullopt;
    std::string raw;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned byte = 0;
        const char* const end = digits.data() + i + 2;
        const auto [read_to, error] = std::from_chars(digits.data() + i, end, byte, 16);
        if (error != std::errc() || read_to != end) return std::nullopt;
        raw += static_cast<char>(byte);
    }
    return raw;
}

}  // namespace

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
    const Error wrong(ErrorCode::invalid_argument,
                      "a hash as `tollgate keys password` prints it is needed");
    const auto parts = split(text);
    if (parts.size() != kParts || parts[0] != "scrypt") return wrong;
    const auto log2_n = number(parts[1], 10, 20);
    const auto r = number(parts[2], 1, 32);
    const auto p = number(parts[3], 1, 16);
    auto salt = from_hex(parts[4], kSaltBytes);
    auto hash = from_hex(parts[5], kHashBytes);
    if (!log2_n || !r || !p || !salt || !hash) return wrong;
    PasswordHash read;
    read.cost_ = {.log2_n = *log2_n, .r = *r, .p = *p};
    if (memory_of(read.cost_) > kMemoryMax) return wrong;
    read.salt_ = *std::move(salt);
    read.hash_ = *std::move(hash);
    return read;
}

PasswordHash PasswordHash::of(const Secret& password, Entropy& entropy, ScryptCost cost) {
    std::array<std::uint8_t, kSaltBytes> salt{};
    entropy.fill(salt);
    PasswordHash made;
    made.cost_ = cost;
    made.salt_.assign(reinterpret_cast<const char*>(salt.data()), salt.size());
    made.hash_ = scrypt(password.reveal(), made.salt_, cost);
    return made;
}

bool PasswordHash::matches(const Secret& password) const {
    return equal_in_constant_time(scrypt(password.reveal(), salt_, cost_), hash_);
}

std::string PasswordHash::text() const {
    return "scrypt$" + std::to_string(cost_.log2_n) + "$" + std::to_string(cost_.r) + "$" +
           std::to_string(cost_.p) + "$" + to_hex(salt_) + "$" + to_hex(hash_);
}

}  // namespace tollgate::signing
