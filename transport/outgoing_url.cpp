#include "transport/outgoing_url.h"

#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "transport/curl_handles.h"

namespace tollgate::transport {
namespace {

CurlText part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return nullptr;
    return CurlText(text);
}

// libcurl makes "127.1" and "0x7f000001" into the address that they mean, but not when a part of
// them is percent-encoded; resolvers then still understand them.
std::optional<IpAddress> address_in(const std::string& host) {
    if (const auto plain = IpAddress::parse(host)) return plain;
    sockaddr_in v4{.sin_family = AF_INET};
    const std::string undotted = host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0));
    if (::inet_aton(undotted.c_str(), &v4.sin_addr) != 1) return std::nullopt;
    return IpAddress::of(reinterpret_cast<const sockaddr&>(v4));
}

}  // namespace

Result<OutgoingUrl> read_outgoing_url(const std::string& url) {
    if (url.find('\0') != std::string::npos) {
        return Error(ErrorCode::invalid_argument, "not a URL");
    }
    const CurlUrl parsed(curl_url());
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        return Error(ErrorCode::invalid_argument, "not a URL");
    }
    const CurlText scheme = part_of(parsed.get(), CURLUPART_SCHEME);
    const std::string_view name = scheme ? scheme.get() : "";
    if (name != "http" && name != "https") {
        return Error(ErrorCode::invalid_argument, "not an http or https URL");
    }
    if (part_of(parsed.get(), CURLUPART_USER) || part_of(parsed.get(), CURLUPART_PASSWORD)) {
        return Error(ErrorCode::invalid_argument, "a URL must not carry a user or password");
    }
    const CurlText host_text = part_of(parsed.get(), CURLUPART_HOST);
    std::string_view host = host_text ? host_text.get() : "";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return Error(ErrorCode::invalid_argument, "the URL names no host");
    std::string name_or_address(host);
    const auto literal = address_in(name_or_address);
    return OutgoingUrl{.host = std::move(name_or_address), .literal = literal};
}

}  // namespace tollgate::transport
