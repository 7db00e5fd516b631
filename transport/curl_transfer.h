#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "transport/address_guard.h"
#include "transport/curl_client.h"
#include "transport/curl_handles.h"
#include "transport/curl_loop.h"
#include "transport/http_client.h"

namespace tollgate::transport {

// invalid_argument when the request cannot be sent as it stands: no http(s) URL, a user or password
// in the URL; a method or header that would break out of its line.
Result<Done> check_url(const ClientRequest& request);
Result<Done> check_fields(const ClientRequest& request);

// Makes exchanges one after the other, each with the same handle: setting one up from nothing costs
// libcurl as much as the exchange. Must stay where it is: libcurl holds its address.
class CurlTransfer {
public:
    // `loop` must outlive it.
    explicit CurlTransfer(CurlLoop& loop) : loop_(loop), easy_(curl_easy_init()) {}
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    // Takes the next request, once the last one has ended. Errors: refused(); then, too, end() must
    // be called.
    Result<Done> begin(ClientRequest request, HttpClient::Completion done,
                       const CurlClient::Options& options);

    CURL* handle() const { return easy_.get(); }

    // What came of it, once libcurl has said `code`. Uses the reply up.
    Result<ClientReply> outcome(CURLcode code);

    // An end that we chose, before libcurl had one.
    Error cancelled() const;
    // Unavailable: libcurl did not even take it.
    Error refused();

    // Fills the request's trace in, forgets the request, and gives what the result is for.
    HttpClient::Completion end(const Result<ClientReply>& result);

    std::size_t place = 0;  // Its owner's: where it stands among those under way.

private:
    // What of a request is set once and stays for the next one that looks like it.
    struct Shape {
        std::string method;
        bool has_body = false;
        bool fresh_connection = false;
        bool is_guarded = false;
        bool has_short_reply = false;
        std::chrono::milliseconds connect_timeout{};
        std::chrono::milliseconds total_timeout{};
    };

    // curl_setup.cpp
    bool set_up(const CurlClient::Options& options);
    bool fits(const Shape& shape) const;
    bool set_own();
    bool set_method(const Shape& shape);
    bool set_rules(const CurlClient::Options& options);
    bool set_shape(const Shape& shape, const CurlClient::Options& options);
    bool set_url();
    bool set_body();
    bool set_headers();
    static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_connected(void* self, char* remote, char* local, int remote_port, int local_port);
    bool allows(const IpAddress& address) const;
    curl_socket_t open_socket(const curl_sockaddr& address);

    // curl_transfer.cpp
    bool bytes_went_out() const;
    Error failure(std::string_view reason, std::string_view text) const;
    Error blocked() const;
    ExchangeTimes times() const;
    std::string last_address() const;
    bool take_body(const char* bytes, std::size_t size);
    bool take_header(std::string_view line);
    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);

    // Of one exchange.
    struct Exchange {
        ClientRequest request;
        HttpClient::Completion done;
        ClientReply reply;
        std::string tried_address;  // The last one that libcurl wanted a socket for.
        bool has_blocked = false;   // The guard has refused an address,
        bool has_opened = false;    // or let one through.
        std::size_t head_bytes = 0;
        std::size_t body_bytes = 0;
        bool too_large = false;
        bool not_taken = false;  // By the request's sink.
        bool head_is_whole = false;
    };

    CurlLoop& loop_;
    Exchange now_;
    CurlHeaders headers_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    std::optional<Shape> shape_;  // Of the handle; nothing: it must be set up from nothing.
    std::string url_;             // The same.
    CurlEasy easy_;               // Last: it goes first, as it points to all of the above.
};

}  // namespace tollgate::transport
