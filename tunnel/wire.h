#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tunnel/exchange.h"

namespace tollgate::tunnel {

// What relay and client say to each other, as bytes (docs/tunnel.md, "On the wire"). A message is a
// version byte, fixed fields, and frames; a frame is u32 length, u64 event id, u32 head length, the
// head, the raw body. Numbers are big-endian; texts carry their length. Pure: no I/O, no clock.
//
// Reading refuses what is not wholly understood: invalid_argument, with the reason
// "wire_version" for another version, else "wire_malformed" or "wire_too_large".

inline constexpr std::uint8_t kWireVersion = 1;
inline constexpr std::size_t kFrameBytesMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kMessageBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kIdsMax = 10'000;
// Of one callback or one answer: leaves room for its head in the frame.
inline constexpr std::size_t kBodyBytesMax = std::size_t{3} * 1024 * 1024;

// How the laptop wants what was kept for it; said anew in every message.
struct Wishes {
    std::uint32_t drain_per_second = 10;  // Kept callbacks; live ones are never slowed down.
    bool hold = false;                    // Keep the kept ones for now.
    bool only_latest = false;  // Of what came before the client began: the last one of each path.
    std::chrono::milliseconds since{};    // Drop what came longer than this before; 0: nothing.
    std::chrono::milliseconds running{};  // How long ago the client began.

    friend bool operator==(const Wishes&, const Wishes&) = default;
};

// Names one life of one client, and the order of what it says.
struct SessionMark {
    std::uint64_t session = 0;
    std::uint64_t counter = 0;
    Wishes wishes;
};

// A callback on its way to the laptop.
struct HandOut {
    Callback callback;
    int attempt = 1;
    int round = 1;                    // A new one has to reach the app even if the id is known.
    std::chrono::milliseconds age{};  // Since it came first.
};

enum class AppFailure {
    none,    // The app has answered.
    down,    // It could not be reached: nothing was sent.
    slow,    // It did not answer in time.
    broken,  // It ended without a whole answer, or with one that cannot be carried.
};

std::string_view name_of(AppFailure failure);

// What the app made of a callback, on its way back.
struct AppAnswer {
    std::uint64_t id = 0;
    int attempt = 1;
    int round = 1;
    AppFailure failure = AppFailure::none;
    int status = 0;
    std::string error;  // For people.
    transport::HeaderList headers;
    std::string body;
    Timestamp began_at;
    std::chrono::milliseconds duration{};
};

// POST /x/exchange
struct ExchangeRequest {
    SessionMark mark;
    std::uint32_t frames_max = 1;  // 0: only brings answers and waits for nothing.
    std::vector<AppAnswer> answers;
};
struct ExchangeReply {
    std::vector<HandOut> handed_out;
};

// POST /x/hold
struct HoldRequest {
    SessionMark mark;
    std::vector<std::uint64_t> in_hand;
};
struct HoldReply {
    std::string tunnel;
    std::uint64_t kept = 0;  // Callbacks that wait for the laptop.
};

std::string to_wire(const ExchangeRequest& request);
std::string to_wire(const ExchangeReply& reply);
std::string to_wire(const HoldRequest& request);
std::string to_wire(const HoldReply& reply);

Result<ExchangeRequest> read_exchange_request(std::string_view bytes);
Result<ExchangeReply> read_exchange_reply(std::string_view bytes);
Result<HoldRequest> read_hold_request(std::string_view bytes);
Result<HoldReply> read_hold_reply(std::string_view bytes);

}  // namespace tollgate::tunnel
