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

    // Set-Cookie's value; without a token: what takes the cookie away.
    std::string cookie(std::string_view token, bool over_tls) const;

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
