#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "config/settings.h"
#include "transport/http_message.h"

namespace tollgate::gateway::operate {

// Somebody who is signed in.
struct Session {
    std::string name;
    std::string role;
    std::string csrf;  // What every request that changes something must bring in a header.
    Timestamp expires_at;
};

// What the session's cookie is called for who asks here: "tollgate_session_8602". A browser tells
// cookies apart by host but not by port, and two gateways of one host, or two tunnels to
// this machine, must not sign each other's operators out.
std::string cookie_name(const transport::ServerRequest& request);

// Who is signed in, by a cookie of which only the SHA-256 is known here. In memory: a restart signs
// everybody out, and each of several gateways has its own. Safe from any thread.
class Sessions {
public:
    Sessions(std::chrono::minutes life, Clock& clock, Entropy& entropy)
        : life_(life), clock_(clock), entropy_(entropy) {}

    struct Opened {
        std::string token;
        Session session;
    };
    Opened open(const config::ConsoleOperator& person);
    // Nothing for a cookie that is missing, unknown or expired.
    std::optional<Session> find(const transport::ServerRequest& request);
    void close(const transport::ServerRequest& request);

    // Set-Cookie's value; without a token: what takes the cookie away. `name`: of cookie_name().
    std::string cookie(std::string_view name, std::string_view token, bool over_tls) const;

    static constexpr std::size_t kSessionsMax = 1'000;  // Beyond, the one that ends first goes.

private:
    std::string random_hex();

    const std::chrono::minutes life_;
    Clock& clock_;
    Entropy& entropy_;
    std::mutex mutex_;
    std::map<std::string, Session> by_hash_;
};

}  // namespace tollgate::gateway::operate
