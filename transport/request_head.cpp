#include "transport/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "transport/http_text.h"

namespace tollgate::transport {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "HEAD",    "POST", "PUT",
                                                      "DELETE", "OPTIONS", "PATCH"};

// Removes the first line from text and answers it without its CRLF.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), line.size() + 2));
    return line;
}

bool is_target_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && c != '#';
}

bool has_sound_escapes(std::string_view path) {
    const auto decoded = percent_decoded(path);
    return decoded && decoded->find('\0') == std::string::npos;
}

std::optional<Refusal> check_target(std::string_view target) {
    if (target.empty() || target.front() != '/') {
        return Refusal{400, "the request target must be a path"};
    }
    if (!std::ranges::all_of(target, is_target_character)) {
        return Refusal{400, "the request target holds a character that must be escaped"};
    }
    if (!has_sound_escapes(target.substr(0, target.find('?')))) {
        return Refusal{400, "the path holds a broken escape"};
    }
    return std::nullopt;
}

std::optional<Refusal> check_version(std::string_view version, RequestHead& head) {
    head.http_1_0 = version == "HTTP/1.0";
    if (head.http_1_0 || version == "HTTP/1.1") return std::nullopt;
    if (version.starts_with("HTTP/")) return Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken"};
    return Refusal{400, "the request line has no HTTP version"};
}

std::optional<Refusal> read_request_line(std::string_view line, RequestHead& head) {
    if (line.size() > kRequestLineBytesMax) return Refusal{414, "the request line is too long"};
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return Refusal{400, "the request line is malformed"};
    }
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, last - first - 1);
    if (!is_token(head.method)) return Refusal{400, "the method is malformed"};
    if (auto wrong = check_version(line.substr(last + 1), head)) return wrong;
    if (std::ranges::find(kMethods, head.method) == kMethods.end()) {
        return Refusal{501, "the method is not known"};
    }
    return check_target(head.target);
}

std::optional<Refusal> read_field(std::string_view line, HeaderList& headers) {
    if (line.front() == ' ' || line.front() == '\t') {
        return Refusal{400, "a header line is folded"};
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name)) {
        return Refusal{400, "a header name is malformed"};
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return Refusal{400, "a header value holds a control character"};
    if (headers.size() == kHeadersMax) return Refusal{431, "the request has too many headers"};
    headers.emplace_back(name, value);
    return std::nullopt;
}

bool is_host_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F) return false;
    return std::string_view("/\\@?#,\"<>^`{|}").find(c) == std::string_view::npos;
}

// What the fields that steer the framing say, gathered before any of them is judged.
struct Steering {
    std::size_t hosts = 0;
    std::string_view host;
    std::size_t lengths = 0;
    std::string_view length;
    std::size_t codings = 0;
    std::string_view coding;
    std::size_t expectations = 0;
    std::string_view expectation;
    bool says_close = false;
    bool says_keep_alive = false;
};

Steering steering_of(const HeaderList& headers) {
    Steering found;
    for (const auto& [name, value] : headers) {
        if (same_word(name, "Host")) {
            ++found.hosts;
            found.host = value;
        } else if (same_word(name, "Content-Length")) {
            ++found.lengths;
            found.length = value;
        } else if (same_word(name, "Transfer-Encoding")) {
            ++found.codings;
            found.coding = value;
        } else if (same_word(name, "Expect")) {
            ++found.expectations;
            found.expectation = value;
        } else if (same_word(name, "Connection")) {
            found.says_close = found.says_close || list_names(value, "close");
            found.says_keep_alive = found.says_keep_alive || list_names(value, "keep-alive");
        }
    }
    return found;
}

std::optional<Refusal> judge_host(const Steering& steering, bool http_1_0) {
    if (steering.hosts == 0 && http_1_0) return std::nullopt;
    if (steering.hosts != 1) return Refusal{400, "the request needs exactly one Host"};
    if (steering.host.empty() || !std::ranges::all_of(steering.host, is_host_character)) {
        return Refusal{400, "the Host is malformed"};
    }
    return std::nullopt;
}

std::optional<Refusal> judge_length(std::string_view text, RequestHead& head) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || !std::ranges::all_of(text, is_digit)) {
        return Refusal{400, "the Content-Length is not a number"};
    }
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), head.content_length);
    if (error != std::errc()) return Refusal{413, "the request body is too large"};
    return std::nullopt;
}

std::optional<Refusal> judge_framing(const Steering& steering, RequestHead& head) {
    if (steering.lengths > 1) return Refusal{400, "the request has several Content-Lengths"};
    if (steering.codings == 0) {
        return steering.lengths == 0 ? std::nullopt : judge_length(steering.length, head);
    }
    if (steering.lengths > 0) {
        return Refusal{400, "the request has both Content-Length and Transfer-Encoding"};
    }
    if (head.http_1_0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
    if (steering.codings > 1 || !same_word(steering.coding, "chunked")) {
        return Refusal{501, "the only transfer coding that is understood is chunked"};
    }
    head.body = RequestHead::Body::chunked;
    return std::nullopt;
}

std::optional<Refusal> judge_expectation(const Steering& steering, RequestHead& head) {
    if (steering.expectations == 0) return std::nullopt;
    if (steering.expectations > 1 || !same_word(steering.expectation, "100-continue")) {
        return Refusal{417, "the only expectation that can be met is 100-continue"};
    }
    head.expects_continue = !head.http_1_0;  // HTTP/1.0 knows no interim answers.
    return std::nullopt;
}

}  // namespace

std::variant<RequestHead, Refusal> parse_head(std::string_view text) {
    RequestHead head;
    if (auto wrong = read_request_line(take_line(text), head)) return *wrong;
    while (true) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        if (auto wrong = read_field(line, head.headers)) return *wrong;
    }
    const Steering steering = steering_of(head.headers);
    if (auto wrong = judge_host(steering, head.http_1_0)) return *wrong;
    if (auto wrong = judge_framing(steering, head)) return *wrong;
    if (auto wrong = judge_expectation(steering, head)) return *wrong;
    head.keep_alive = !steering.says_close && (!head.http_1_0 || steering.says_keep_alive);
    return head;
}

}  // namespace tollgate::transport
