#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tracer.h"
#include "transport/frame.h"
#include "transport/router.h"
#include "transport/tls_settings.h"

namespace tollgate::transport {

struct FrontLimits {
    std::size_t head_bytes_max = std::size_t{16} * 1024;   // 431 beyond.
    std::size_t body_bytes_max = std::size_t{256} * 1024;  // 413 beyond.
    std::size_t connections_max = 20'000;                  // More wait in the kernel's queue.
    // From a request's first byte to its last; also for a TLS handshake, from the first moment.
    std::chrono::milliseconds request_time{10'000};
    std::chrono::milliseconds idle_time{75'000};    // Between requests on a kept connection.
    std::chrono::milliseconds ticket_time{30'000};  // Until a handler's answer: 503 beyond.
    std::chrono::milliseconds send_time{10'000};    // Until the peer has taken the answer.
};

// One listening address and what it answers.
struct Listener {
    std::string name;     // For the log: "public", "api", "operator".
    std::string address;  // "127.0.0.1" or "::1"; a literal, not a name.
    int port = 0;         // 0: any free one; see Front::port().
    Router router;
    FrontLimits limits;
    // Asked when a request's head has come, and before any of its body is kept: how large that may
    // be (413 beyond), within limits.body_bytes_max. For who takes large bodies, but not from
    // everybody. Called from any worker; must not throw. Empty: always limits.body_bytes_max.
    Frame::BodyLimit body_limit = {};
    // Answers for what the front itself refuses (400, 404, 405, 408, 411, 413, 415, 417, 431, 501,
    // 503): makes the body in the listener's own style. Empty: plain text naming the reason.
    std::function<ServerResponse(int status, std::string_view reason)> refusal;
    std::optional<TlsSettings> tls = {};  // Nothing: plain text.
};

struct FrontSeams {
    Clock& clock;      // Deadlines (monotonic), the times in the log, certificates' validity.
    Entropy& entropy;  // Request ids.
    Log& log;
    Tracer* tracer = nullptr;  // Null: requests have no spans.
};

// The server front: sockets, event loop, keep-alive, deadlines, draining and every byte that leaves
// are ours; cpp-httplib parses the request and nothing else. A handler sees whole requests only, so
// a slow sender costs a buffer and never a thread (reference: docs/front.md).
//
// Any number of threads, usually one a core, call run(); each takes whatever event comes next.
class Front {
public:
    // Binds and listens on every listener. Errors: unavailable, naming the address that is taken;
    // those of TlsContext::load, naming the file and what is wrong with it.
    static Result<std::unique_ptr<Front>> open(std::vector<Listener> listeners, FrontSeams seams);
    virtual ~Front() = default;

    // Works until stop() has drained. Call from each worker thread.
    virtual void run() = 0;

    // Takes no more connections, answers what has begun, closes idle connections, then makes run()
    // return; after `patience` whatever is left is cut. Safe from any thread, also before run().
    virtual void stop(std::chrono::milliseconds patience) = 0;

    // Reads the TLS files of all listeners anew, for connections that come from now on; those that
    // are open keep what they have. All or nothing: on an error (as for open) the old ones stay.
    // Tickets of before resume no session. Reads files: call it from a thread that may wait.
    virtual Result<Done> reload_tls() = 0;

    // Runs `work`, which completes tickets on this thread. Their answers leave together when it
    // returns, for the price of waking one loop instead of a wake each. From one thread at a time.
    virtual void gather_answers(const std::function<void()>& work) = 0;

    // Every one of several loops is at work: there is more to do than one peer alone asks for. A
    // front with a single loop cannot tell, and is never busy. Safe from any thread.
    virtual bool is_busy() const = 0;

    // The port that the named listener really has.
    virtual int port(std::string_view name) const = 0;

    struct Counters {
        std::size_t connections = 0;       // Open now.
        std::size_t tickets = 0;           // Waiting for their answer now.
        std::uint64_t requests = 0;        // Handed to a handler so far.
        std::uint64_t refusals = 0;        // Refused by the front itself so far.
        std::uint64_t tls_handshakes = 0;  // Finished so far, resumed ones included.
        std::uint64_t tls_failures = 0;    // Handshakes that failed or took too long so far.
    };
    virtual Counters counters() const = 0;

    struct ListenerView {
        std::string name;
        std::size_t connections = 0;  // Open now.
        std::size_t connections_max = 0;
        // Every route's, and as the last one that of what no route has answered. They live as long
        // as the front.
        std::vector<const RouteMeter*> meters;
        std::optional<Timestamp> certificate_until;  // Under TLS.
    };
    virtual std::vector<ListenerView> listeners() const = 0;
};

}  // namespace tollgate::transport
