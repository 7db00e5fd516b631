#include "tunnel/event_key.h"

#include "signing/digest.h"

namespace tollgate::tunnel {
namespace {

constexpr std::size_t kIdBytesMax = 256;

// The raw value of a parameter of name=value pairs; empty when there is none.
std::string_view parameter(std::string_view pairs, std::string_view name) {
    while (!pairs.empty()) {
        const std::string_view pair = pairs.substr(0, pairs.find('&'));
        pairs.remove_prefix(std::min(pairs.size(), pair.size() + 1));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
    }
    return {};
}

std::string_view provider_id(const Callback& callback) {
    const auto type = transport::find_header(callback.headers, "Content-Type").value_or("");
    std::string_view id;
    if (type.starts_with("application/x-www-form-urlencoded")) {
        id = parameter(callback.body, "notify_id");
    }
    const std::size_t query = callback.target.find('?');
    if (id.empty() && query != std::string::npos) {
        id = parameter(std::string_view(callback.target).substr(query + 1), "notify_id");
    }
    if (id.empty()) id = transport::find_header(callback.headers, "webhook-id").value_or("");
    return id.size() <= kIdBytesMax ? id : std::string_view{};
}

}  // namespace

EventKey key_of(const Callback& callback) {
    const std::string_view id = provider_id(callback);
    if (!id.empty() && is_kept(callback.method)) {
        return {.text = "id " + place_of(callback) + " " + std::string(id), .strong = true};
    }
    std::string whole = callback.method + "\n" + callback.target + "\n";
    whole += callback.body;
    return {.text = "hash " + signing::sha256_hex(whole), .strong = false};
}

std::string place_of(const Callback& callback) {
    return callback.method + " " + callback.target.substr(0, callback.target.find('?'));
}

bool is_kept(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

}  // namespace tollgate::tunnel
