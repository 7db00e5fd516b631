#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::transport {

// Header fields in the order in which they stand on the wire, repeats and empty values included.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

// The first field of that name (letter case does not matter), or nothing.
std::optional<std::string_view> find_header(const HeaderList& headers, std::string_view name);

// The certificate that a client showed and the front has verified.
struct ClientCertificate {
    std::string subject;  // RFC 2253, UTF-8: "CN=order-service,O=Shop".
    std::string sha256;   // The certificate's fingerprint: 64 lower-case hexadecimal digits.
};

// One whole request that the front has framed, checked and parsed.
struct ServerRequest {
    std::string method;          // "GET", "POST", … as sent.
    std::string target;          // Raw: path and query exactly as sent.
    std::string path;            // Percent-decoded once, without the query.
    std::string query;           // Raw, without the '?'.
    HeaderList headers;          // Raw values: not percent-decoded, whatever the parser does.
    std::string body;            // As sent (chunked bodies are joined): never unpacked.
    std::string remote_address;  // Of the peer's socket; headers cannot change it.
    std::string request_id;      // X-Request-Id when it was well formed, else made by the front.
    std::vector<std::string> captures;  // What the route's {…} segments matched, in order.
    // Only over TLS, where the listener asks for certificates and the client showed one.
    std::optional<ClientCertificate> client_certificate = {};
    // Who sends it, where a part of this process hands a request on for somebody it has admitted
    // itself. Nothing that comes over the wire sets it.
    std::string vouched_for = {};

    std::optional<std::string_view> header(std::string_view name) const {
        return find_header(headers, name);
    }
};

// An answer. Date, Content-Length, Connection and X-Request-Id are the front's: `headers` need not
// name them, and are skipped where they do.
struct ServerResponse {
    int status = 200;               // 200 to 599.
    std::string content_type = {};  // Empty: no Content-Type line.
    std::string body = {};
    HeaderList headers = {};
    // For rehearsals: the connection ends when so many bytes of the body have left, whatever
    // Content-Length says. 0: nothing leaves, not even the head, and the connection is reset.
    std::optional<std::size_t> cut_after = {};
};

}  // namespace tollgate::transport
