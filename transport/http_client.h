#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "transport/http_message.h"

namespace tollgate::transport {

class AddressGuard;

// Where the time of one exchange went. A phase that did not take place (no name to look up, a kept
// connection, plain http) or was not reached is zero.
struct ExchangeTimes {
    std::chrono::microseconds dns{};         // Looking the name up.
    std::chrono::microseconds connect{};     // The TCP connection, once the address was known.
    std::chrono::microseconds tls{};         // The TLS handshake, once connected.
    std::chrono::microseconds first_byte{};  // Since the start, until the first byte of an answer.
    std::chrono::microseconds total{};       // Since the start, until the end, however it ended.
};

// What is known of an exchange whether or not an answer came.
struct ExchangeTrace {
    std::string remote_address;  // Connected to, or tried last, or refused by the guard; or empty.
    ExchangeTimes times;
};

struct ClientRequest {
    std::string method = "POST";
    std::string url = {};
    HeaderList headers = {};
    std::string body = {};
    std::chrono::milliseconds connect_timeout{3'000};
    // From when its turn comes (a client may keep it in line before that) to the last byte.
    std::chrono::milliseconds total_timeout{15'000};
    std::size_t reply_bytes_max = std::size_t{1024} * 1024;
    // True: of a larger body the start is kept and the rest is dropped. False: it is an error.
    bool keep_only_start = false;
    // Takes the body piece by piece as it comes, whatever the status will be, instead of the reply
    // keeping it; false ends the exchange. On the client's thread.
    std::function<bool(std::string_view piece)> body_sink = {};
    // True for calls that must never be repeated by the library itself: a kept connection that dies
    // under a POST makes libcurl send it again, so such a call gets a connection of its own.
    bool fresh_connection = true;
    // True: no header leaves but these and what framing needs (Host, Content-Length): no User-Agent
    // and no Accept of our own. For passing on a request that somebody else has made.
    bool exact_headers = false;
    // Judges every address before it is connected to, and the peer of a kept connection before it
    // is used; null: every address is fine, for URLs that our own settings name. A guarded request
    // never goes through a proxy, whose address would be judged instead.
    std::shared_ptr<const AddressGuard> guard = nullptr;
    // Filled in, if there is one, before the completion is called: for callers that want to know
    // about failures what a ClientReply says about itself. Nobody else may touch it meanwhile.
    std::shared_ptr<ExchangeTrace> trace = nullptr;
};

struct ClientReply {
    int status = 0;
    HeaderList headers;
    std::string body;
    std::string remote_address;  // What we were really connected to.
    ExchangeTimes times;
};

// Sends requests to other machines: one seam for the curl client and the simulated network.
//
// Never follows a redirect, speaks http and https only, and uses a proxy from the environment only
// where its options say so.
class HttpClient {
public:
    // Errors: invalid_argument (not an http(s) URL), failed_precondition kBlockedAddress when the
    // guard refused every address of the host (nothing was sent, and never will be), unavailable
    // when no byte of the request went out (could not resolve, connect, finish TLS: send it again
    // at will), outcome_unknown when the request left us and no whole answer came back. Any status
    // at all is a value. An answer that names neither a length nor chunks is whole when the
    // connection ends: its reader must check what it holds.
    using Completion = std::function<void(Result<ClientReply>)>;

    virtual ~HttpClient() = default;

    // Starts one exchange and returns at once. `done` is called exactly once, later, on the thread
    // that drives the client; it may start further requests. Safe from any thread.
    virtual void start(ClientRequest request, Completion done) = 0;
};

}  // namespace tollgate::transport
