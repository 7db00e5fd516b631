#pragma once

#include <array>
#include <memory>

#include "transport/dispatcher.h"
#include "transport/front_state.h"

namespace tollgate::transport {

// Moves connections along: shakes hands, reads, frames, serves, sends, lingers, closes. One a
// thread. Each call ends with the connection armed, suspended or closed, and then it is not touched
// again.
class ConnectionWorker {
public:
    explicit ConnectionWorker(FrontState& front);

    // Something has happened to this slot, perhaps long ago.
    void on_event(Slot& slot, Slot::Sign sign);

    // The wait of this connection, which the caller owns, has passed its deadline.
    void on_deadline(Slot& slot, Waiting waiting);

private:
    void shake_hands(Slot& slot, bool last_try);
    void handshake_failed(Slot& slot, std::string_view why);
    void pump(Slot& slot);
    // Takes what has come into input, or notes that the peer has finished: done. Blocked: neither.
    // Never finished.
    Io receive(Connection& connection);
    static IoOutcome flush(Connection& connection);
    void wait_for_input(Slot& slot);
    void wait_to_send(Slot& slot, Readiness needs);
    void begin_to_linger(Slot& slot);
    void linger(Slot& slot);
    void close(Slot& slot);
    void close_with_reset(Slot& slot);

    FrontState& front_;
    Dispatcher dispatcher_;
    static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;
    std::unique_ptr<std::array<char, kBufferBytes>> buffer_;
};

}  // namespace tollgate::transport
