#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "transport/http_message.h"

namespace tollgate::transport {

// Why the front will not serve a request: an HTTP status and a reason for people. The reason is a
// literal: it holds nothing that the peer sent.
struct Refusal {
    int status = 400;
    std::string_view reason;
};

// A request's first line and header fields, checked, and what they say about the bytes that follow.
struct RequestHead {
    std::string method;
    std::string target;  // Origin form: begins with '/'.
    bool http_1_0 = false;
    HeaderList headers;  // Raw values without the blanks around them.

    enum class Body { sized, chunked };
    Body body = Body::sized;
    std::size_t content_length = 0;  // With `sized`; 0 when there is no body.
    bool expects_continue = false;   // The peer waits for "100 Continue" before it sends the body.
    bool keep_alive = true;          // What the peer asked for, by version and Connection tokens.
};

// Reads a whole head: from the first byte of the request line to the empty line, included.
//
// Stricter than the standard where two readers of one text could disagree about where a request
// ends: the smuggling of requests begins with such a disagreement. Refuses (each with its status)
// folded lines, blanks before the colon, repeated or odd Content-Length, Content-Length beside
// Transfer-Encoding, any coding but "chunked", a missing, repeated or odd Host, targets that are
// not a path, escapes in the path that are incomplete or hide a NUL.
std::variant<RequestHead, Refusal> parse_head(std::string_view head);

inline constexpr std::size_t kRequestLineBytesMax = 8000;  // 414 beyond; the library's own is 8192.
inline constexpr std::size_t kHeadersMax = 100;            // 431 beyond.

}  // namespace tollgate::transport
