#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/span.h"
#include "transport/byte_stream.h"
#include "transport/frame.h"
#include "transport/http_message.h"
#include "transport/route_meter.h"

namespace tollgate::transport {

struct ListenerState;

// The request that is being answered: what its answer needs when the request itself is gone.
struct Exchange {
    std::string request_id;
    std::string method;
    std::string path;  // For the log: without the query, which may hold secrets.
    bool http_1_0 = false;
    bool keep_alive = false;
    std::chrono::nanoseconds started{};
    MeteredRequest metered = {};
    Span span = {};  // Ends with the answer; of a connection that has gone, as "abandoned".
};

// One accepted connection. No lock: it belongs to one owner at a time (see Slot), who alone reads
// and writes it.
struct Connection {
    Connection(Descriptor accepted, ListenerState& accepted_by, Frame::Limits limits,
               std::string peer)
        : stream(std::move(accepted)),
          listener(accepted_by),
          remote_address(std::move(peer)),
          frame(limits) {}

    ByteStream stream;
    ListenerState& listener;
    std::string remote_address;
    std::chrono::nanoseconds handshake_deadline{};             // Under TLS.
    std::optional<ClientCertificate> client_certificate = {};  // Known after the handshake.

    std::string input;     // What came in, …
    std::size_t used = 0;  // … of which the frame has taken so much.
    Frame frame;
    Readiness input_needs = Readiness::input;     // To go on reading.
    bool drained = false;                         // The last read took all that was there.
    std::chrono::nanoseconds idle_deadline{};     // 0: it has not been idle since the last request.
    std::chrono::nanoseconds request_deadline{};  // 0: no request has begun.

    std::string output;
    std::size_t sent = 0;
    std::chrono::nanoseconds send_deadline{};  // 0: nothing had to wait yet.

    Exchange exchange;
    bool peer_finished = false;  // It will send no more; it may still read.
    bool closing = false;        // The connection ends when output is out, …
    bool resetting = false;      // … by a reset.
    bool answered_before = false;
    std::chrono::nanoseconds linger_deadline{};  // While it lingers.

    std::string_view unread() const { return std::string_view(input).substr(used); }

    // The frame has taken all but `rest` of unread().
    void keep(std::string_view rest) {
        used = input.size() - rest.size();
        if (used < input.size()) return;
        input.clear();
        used = 0;
    }
    // An idle connection must not hold a buffer: there may be ten thousand of them.
    void free_idle_memory() {
        if (input.empty()) std::string().swap(input);
        if (output.empty()) std::string().swap(output);
    }
};

}  // namespace tollgate::transport
