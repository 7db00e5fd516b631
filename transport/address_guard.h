#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "base/result.h"

namespace tollgate::transport {

// Which addresses an outgoing request may really be connected to. A URL that somebody else chose
// must not lead us to our own machine, network or cloud metadata (server-side request forgery), and
// only the address at connect time counts: names and spellings can say anything.

// An IPv4 or IPv6 address. An IPv6 address that only wraps an IPv4 one (v4-mapped ::ffff:0:0/96,
// v4-compatible ::/96) becomes that IPv4 address, so that no rule can be avoided by wrapping.
class IpAddress {
public:
    // Nothing for other families.
    static std::optional<IpAddress> of(const sockaddr& address);
    // "192.0.2.1", "2001:db8::1" (a scope as in "fe80::1%eth0" is ignored); no other spellings.
    static std::optional<IpAddress> parse(std::string_view text);

    bool is_v4() const { return is_v4_; }
    // In network order; of an IPv4 address the first four.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    std::string text() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;

private:
    IpAddress(std::span<const std::uint8_t> bytes, bool is_v4);

    std::array<std::uint8_t, 16> bytes_{};
    bool is_v4_ = false;
};

// A block of addresses, "10.0.0.0/8" or "fd00::/8".
class AddressBlock {
public:
    // A bare address is a block of one. Errors: invalid_argument "bad_network", naming the text:
    // neither an address nor a block, a prefix that is too long, or bits set beyond the prefix.
    static Result<AddressBlock> parse(std::string_view text);

    bool holds(const IpAddress& address) const;

private:
    AddressBlock(IpAddress first, unsigned prefix_bits)
        : first_(first), prefix_bits_(prefix_bits) {}

    IpAddress first_;
    unsigned prefix_bits_;
};

// An address of the public internet: not loopback, private, shared (100.64/10), link-local
// (169.254.169.254, the clouds' metadata, is one), documentation, benchmarking, multicast, reserved
// or broadcast. Of IPv6 only 2000::/3 is, without Teredo, 6to4 and the other special blocks in it;
// NAT64 and everything else that can carry an IPv4 address past the rules is not.
bool is_public(const IpAddress& address);

// Immutable, usable from any number of threads.
class AddressGuard {
public:
    struct Rules {
        bool public_is_allowed = true;
        std::vector<std::string> allowed_networks = {};  // As AddressBlock::parse reads them.
    };

    // Errors: invalid_argument "bad_network", naming the first entry that is none.
    static Result<AddressGuard> make(const Rules& rules);

    bool allows(const IpAddress& address) const;

private:
    AddressGuard(bool public_is_allowed, std::vector<AddressBlock> allowed)
        : public_is_allowed_(public_is_allowed), allowed_(std::move(allowed)) {}

    bool public_is_allowed_;
    std::vector<AddressBlock> allowed_;
};

// What a client's refusal to connect carries as its reason: failed_precondition, nothing was sent,
// and sending it again changes nothing.
inline constexpr std::string_view kBlockedAddress = "blocked_address";

// Judges a URL up front, as far as it can be done without asking the network: whether it can be
// sent at all, and whether the address in it, in any of the spellings that a client would
// understand ("127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"), is one that `guard` allows.
// Names pass: they are judged when they are connected to.
// Errors: invalid_argument (no http or https URL, or one with a user or password in it),
// failed_precondition kBlockedAddress.
Result<Done> check_url(const AddressGuard& guard, const std::string& url);

}  // namespace tollgate::transport
