#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "transport/address_guard.h"
#include "transport/curl_client.h"
#include "transport/curl_handles.h"
#include "transport/http_client.h"

namespace tollgate::transport {

// invalid_argument when the request cannot be sent as it stands: no http(s) URL, a user or password
// in the URL, or a method or header that would break out of its line.
Result<Done> check_request(const ClientRequest& request);

// One exchange under way. Must stay where it is: libcurl holds its address.
class CurlTransfer {
public:
    // `easy`: a handle that nobody else uses, new or reset; may be null when there is no memory.
    CurlTransfer(ClientRequest request, HttpClient::Completion done, CurlEasy easy);
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    // Sets the handle up. Errors: unavailable, when libcurl refuses or has no memory.
    Result<Done> prepare(const CurlClient::Options& options);

    CURL* handle() const { return easy_.get(); }

    // What came of it, once libcurl has said `code`. Uses the reply up.
    Result<ClientReply> outcome(CURLcode code);

    // An end that we chose, before libcurl had one.
    Error cancelled() const;

    // Fills the request's trace in, gives the handle back to `idle` and calls the completion: the
    // last call to this transfer.
    void complete(Result<ClientReply> result, std::vector<CurlEasy>& idle);

private:
    bool set_request();
    bool set_headers();
    bool set_method();
    bool set_rules(const CurlClient::Options& options);
    bool set_guard();
    bool set_route(const CurlClient::Options& options);
    bool bytes_went_out() const;
    Error failure(std::string_view reason, std::string_view text) const;
    Error blocked() const;
    ExchangeTimes times() const;
    std::string last_address() const;
    bool allows(const IpAddress& address) const;
    curl_socket_t open_socket(const curl_sockaddr& address);
    bool take_body(const char* bytes, std::size_t size);
    bool take_header(std::string_view line);

    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_connected(void* self, char* remote, char* local, int remote_port, int local_port);

    ClientRequest request_;
    HttpClient::Completion done_;
    CurlHeaders headers_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    ClientReply reply_;
    std::string tried_address_;  // The last one that libcurl wanted a socket for.
    bool has_blocked_ = false;   // The guard has refused an address,
    bool has_opened_ = false;    // or let one through.
    std::size_t head_bytes_ = 0;
    std::size_t body_bytes_ = 0;
    bool too_large_ = false;
    bool not_taken_ = false;  // By the request's sink.
    bool head_is_whole_ = false;
    CurlEasy easy_;  // Last: it goes first, as it points to all of the above.
};

}  // namespace tollgate::transport
