#include "gateway/operate/sessions.h"

#include <algorithm>
#include <array>

#include "signing/digest.h"

namespace tollgate::gateway::operate {
namespace {

constexpr std::size_t kTokenDigits = 64;

// The cookie's value, or nothing when there is none of our form.
std::string_view token_of(const transport::ServerRequest& request) {
    const std::string name = cookie_name(request);
    std::string_view rest = request.header("cookie").value_or("");
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        if (pair.size() != name.size() + 1 + kTokenDigits) continue;
        if (pair.starts_with(name) && pair[name.size()] == '=') return pair.substr(name.size() + 1);
    }
    return {};
}

}  // namespace

std::string cookie_name(const transport::ServerRequest& request) {
    const std::string_view host = request.header("host").value_or("");
    const std::string_view port = host.substr(host.rfind(':') + 1);
    const bool is_port = port.size() < host.size() && !port.empty() && port.size() <= 5 &&
                         port.find_first_not_of("0123456789") == std::string_view::npos;
    return is_port ? "tollgate_session_" + std::string(port) : "tollgate_session";
}

std::string Sessions::random_hex() {
    std::array<std::uint8_t, kTokenDigits / 2> bytes{};
    entropy_.fill(bytes);
    return signing::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Sessions::Opened Sessions::open(const config::ConsoleOperator& person) {
    Opened opened{.token = random_hex(),
                  .session = {.name = person.id,
                              .role = person.role,
                              .csrf = random_hex(),
                              .expires_at = clock_.now() + life_}};
    const std::lock_guard lock(mutex_);
    std::erase_if(by_hash_,
                  [&](const auto& entry) { return entry.second.expires_at <= clock_.now(); });
    if (by_hash_.size() >= kSessionsMax) {
        by_hash_.erase(std::ranges::min_element(
            by_hash_, {}, [](const auto& entry) { return entry.second.expires_at; }));
    }
    by_hash_.emplace(signing::sha256_hex(opened.token), opened.session);
    return opened;
}

std::optional<Session> Sessions::find(const transport::ServerRequest& request) {
    const std::string_view token = token_of(request);
    if (token.empty()) return std::nullopt;
    const std::string hash = signing::sha256_hex(token);
    const std::lock_guard lock(mutex_);
    const auto found = by_hash_.find(hash);
    if (found == by_hash_.end() || found->second.expires_at <= clock_.now()) return std::nullopt;
    return found->second;
}

void Sessions::close(const transport::ServerRequest& request) {
    const std::string hash = signing::sha256_hex(token_of(request));
    const std::lock_guard lock(mutex_);
    by_hash_.erase(hash);
}

std::string Sessions::cookie(std::string_view name, std::string_view token, bool over_tls) const {
    const auto seconds = token.empty() ? 0 : std::chrono::seconds(life_).count();
    return std::string(name) + "=" + std::string(token) +
           "; Path=/console/; Max-Age=" + std::to_string(seconds) + "; HttpOnly; SameSite=Strict" +
           (over_tls ? "; Secure" : "");
}

}  // namespace tollgate::gateway::operate
