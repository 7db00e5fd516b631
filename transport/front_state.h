#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "transport/descriptor.h"
#include "transport/front.h"
#include "transport/refusal_log.h"
#include "transport/slot_table.h"
#include "transport/tls_context.h"

namespace tollgate::transport {

// A listener at work.
struct ListenerState {
    explicit ListenerState(Listener given) : settings(std::move(given)) {}

    // What new connections are shown; null: this listener speaks plain text.
    std::shared_ptr<const TlsContext> tls() const {
        const std::lock_guard lock(tls_mutex_);
        return tls_;
    }
    void use_tls(std::shared_ptr<const TlsContext> context) {
        const std::lock_guard lock(tls_mutex_);
        tls_ = std::move(context);
    }

    const Listener settings;
    int port = 0;
    std::uint64_t event_key = 0;
    std::mutex mutex;   // Guards socket: accepting, arming, closing.
    Descriptor socket;  // Empty once the front drains.
    std::atomic<std::size_t> connections{0};
    RouteMeter unrouted{"other", "unmatched"};  // What no route has answered.
    std::atomic<bool> paused{false};  // Full, or out of descriptors: not armed until one is free.

private:
    mutable std::mutex tls_mutex_;
    std::shared_ptr<const TlsContext> tls_;
};

// What all threads of one front share.
struct FrontState {
    FrontState(FrontSeams given, Descriptor epoll, Descriptor wake)
        : seams(given),
          slots(std::make_shared<SlotTable>(std::move(epoll), std::move(wake))),
          refusal_log(given.log, given.clock) {}

    FrontSeams seams;
    std::shared_ptr<SlotTable> slots;
    std::deque<ListenerState> listeners;
    RefusalLog refusal_log;
    std::atomic<bool> draining{false};
    std::atomic<bool> finished{false};  // Drained: run() returns.
    std::atomic<std::size_t> connections{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> refusals{0};
    std::atomic<std::uint64_t> tls_handshakes{0};
    std::atomic<std::uint64_t> tls_failures{0};
};

// Closes the connection that the caller owns and frees its place.
void close_connection(FrontState& front, Slot& slot);

// Accepts what waits at this listener and arms it again, or pauses it when there is no room.
void accept_waiting(FrontState& front, ListenerState& listener);

// Arms a paused listener again.
void resume(FrontState& front, ListenerState& listener);

// Takes what has reached the kernel already, then stops listening for good.
void stop_listening(FrontState& front, ListenerState& listener);

// Every connection has gone: run() returns in all threads.
void finish(FrontState& front);

// Epoll keys: a slot's index, or this bit and a listener's number, or the eventfd's.
inline constexpr std::uint64_t kListenerKey = std::uint64_t{1} << 63U;
inline constexpr std::uint64_t kWakeKey = std::uint64_t{1} << 62U;

}  // namespace tollgate::transport
