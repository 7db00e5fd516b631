#include "transport/address_guard.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/check.h"
#include "transport/outgoing_url.h"

namespace tollgate::transport {
namespace {

constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;
constexpr std::size_t kTextMax = 64;

using V6Bytes = std::array<std::uint8_t, kV6Bytes>;

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

// ::ffff:a.b.c.d or ::a.b.c.d, but for :: and ::1, which are addresses of their own.
bool wraps_v4(const V6Bytes& bytes) {
    const std::span<const std::uint8_t> all(bytes);
    if (!all_zero(all.first(10))) return false;
    if (bytes[10] == 0xFF && bytes[11] == 0xFF) return true;
    const bool is_compatible = bytes[10] == 0 && bytes[11] == 0;
    return is_compatible && !(all_zero(all.subspan(12, 3)) && bytes[15] <= 1);
}

Error bad_network(std::string_view text, std::string_view why, Here here = Here::current()) {
    std::string message = "\"";
    message.append(text.substr(0, kTextMax)).append("\" ").append(why);
    return Error(ErrorCode::invalid_argument, std::move(message), here).because("bad_network");
}

std::vector<AddressBlock> blocks(std::initializer_list<const char*> texts) {
    std::vector<AddressBlock> made;
    for (const char* text : texts) {
        auto block = AddressBlock::parse(text);
        TOLLGATE_CHECK(block.has_value());
        made.push_back(*std::move(block));
    }
    return made;
}

bool any_holds(const std::vector<AddressBlock>& blocks, const IpAddress& address) {
    return std::ranges::any_of(blocks,
                               [&](const AddressBlock& block) { return block.holds(address); });
}

// The IANA registry of special-purpose addresses (RFC 6890 and later), as far as it is not global.
const std::vector<AddressBlock>& special_v4() {
    static const std::vector<AddressBlock> kBlocks = blocks({
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4",  // 255.255.255.255 included.
    });
    return kBlocks;
}

// All that is public of IPv6 lies in here: loopback, NAT64 (64:ff9b::/96, 64:ff9b:1::/48),
// 100::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10 and ff00::/8 do not.
const std::vector<AddressBlock>& global_v6() {
    static const std::vector<AddressBlock> kBlocks = blocks({"2000::/3"});
    return kBlocks;
}

const std::vector<AddressBlock>& special_v6() {
    static const std::vector<AddressBlock> kBlocks = blocks({
        "2001::/23",      // Teredo (2001::/32), benchmarking, ORCHID and their like.
        "2001:db8::/32",  // Documentation.
        "2002::/16",      // 6to4.
        "3fff::/20",      // Documentation.
    });
    return kBlocks;
}

}  // namespace

IpAddress::IpAddress(std::span<const std::uint8_t> bytes, bool is_v4) : is_v4_(is_v4) {
    std::ranges::copy(bytes, bytes_.begin());
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        std::array<std::uint8_t, kV4Bytes> bytes{};
        std::memcpy(bytes.data(), &in.sin_addr, kV4Bytes);
        return IpAddress(bytes, true);
    }
    if (address.sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    V6Bytes bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, kV6Bytes);
    if (wraps_v4(bytes)) return IpAddress(std::span(bytes).subspan(12), true);
    return IpAddress(bytes, false);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string address(text.substr(0, text.find('%')));
    if (address.size() > kTextMax || address.find('\0') != std::string::npos) return std::nullopt;
    sockaddr_storage storage{};
    auto* const generic = reinterpret_cast<sockaddr*>(&storage);
    sockaddr_in v4{.sin_family = AF_INET};
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        std::memcpy(&storage, &v4, sizeof v4);
        return of(*generic);
    }
    sockaddr_in6 v6{.sin6_family = AF_INET6};
    if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
    std::memcpy(&storage, &v6, sizeof v6);
    return of(*generic);
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = is_v4_ ? AF_INET : AF_INET6;
    TOLLGATE_CHECK(::inet_ntop(family, bytes_.data(), text.data(), text.size()) != nullptr);
    return text.data();
}

Result<AddressBlock> AddressBlock::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view first_text = text.substr(0, slash);
    const auto first = IpAddress::parse(first_text);
    if (!first || first_text.find('%') != std::string_view::npos) {
        return bad_network(text, "is not a network such as 10.0.0.0/8 or fd00::/8");
    }
    if (first->is_v4() && first_text.find(':') != std::string_view::npos) {
        return bad_network(text, "wraps an IPv4 address: write the IPv4 network itself");
    }
    const unsigned bits_max = first->is_v4() ? 32 : 128;
    unsigned bits = bits_max;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, problem] =
            std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (problem != std::errc() || end != digits.data() + digits.size() || bits > bits_max) {
            return bad_network(text, "has no prefix length that fits, such as the 8 in 10.0.0.0/8");
        }
    }
    for (unsigned bit = bits; bit < bits_max; ++bit) {
        if ((first->bytes()[bit / 8] & (0x80U >> bit % 8)) != 0) {
            return bad_network(text, "has bits set beyond its prefix: which network is meant?");
        }
    }
    return AddressBlock(*first, bits);
}

bool AddressBlock::holds(const IpAddress& address) const {
    if (address.is_v4() != first_.is_v4()) return false;
    const std::size_t whole = prefix_bits_ / 8;
    const auto& ours = first_.bytes();
    const auto& theirs = address.bytes();
    if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole),
                    theirs.begin())) {
        return false;
    }
    if (prefix_bits_ % 8 == 0) return true;
    const unsigned mask = 0xFFU << (8 - prefix_bits_ % 8) & 0xFFU;
    return (theirs[whole] & mask) == ours[whole];
}

bool is_public(const IpAddress& address) {
    if (address.is_v4()) return !any_holds(special_v4(), address);
    return any_holds(global_v6(), address) && !any_holds(special_v6(), address);
}

Result<AddressGuard> AddressGuard::make(const Rules& rules) {
    std::vector<AddressBlock> allowed;
    for (const std::string& text : rules.allowed_networks) {
        TOLLGATE_TRY(auto block, AddressBlock::parse(text));
        allowed.push_back(std::move(block));
    }
    return AddressGuard(rules.public_is_allowed, std::move(allowed));
}

bool AddressGuard::allows(const IpAddress& address) const {
    return any_holds(allowed_, address) || (public_is_allowed_ && is_public(address));
}

Result<Done> check_url(const AddressGuard& guard, const std::string& url) {
    TOLLGATE_TRY(const OutgoingUrl read, read_outgoing_url(url));
    if (!read.literal || guard.allows(*read.literal)) return Done{};
    return Error(ErrorCode::failed_precondition,
                 "the address " + read.literal->text() + " is not one that we may connect to")
        .because(kBlockedAddress);
}

}  // namespace tollgate::transport
