#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "config/settings.h"
#include "gateway/problem.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// An order service, or a person's tool, that may use the API.
struct Caller {
    std::string id;
    std::set<std::string, std::less<>> apps;
    std::set<std::string, std::less<>> rights;
    bool sees_bodies = false;  // Of notifications, as they came: they hold buyers' data.

    bool may_see(std::string_view app) const { return apps.contains(app); }
    bool may(std::string_view right) const { return rights.contains(right); }
};

// Who is calling: by bearer key, of which only the SHA-256 is known here; or, of a request that a
// part of this process vouches for, by his id. Safe to share.
class Callers {
public:
    // `vouched`: those who have no key, and are admitted elsewhere.
    Callers(const std::vector<config::CallerSettings>& settings, Clock& clock,
            std::vector<Caller> vouched = {});

    // The caller, if he has the right; else 401 (key missing or unknown: nothing says which), 429
    // (with Retry-After) when he asks more often than he may, or 403.
    std::variant<const Caller*, ApiProblem> admit(const transport::ServerRequest& request,
                                                  std::string_view right) const;

private:
    struct Rate {
        explicit Rate(TokenBucket full) : bucket(full) {}

        std::mutex mutex;
        TokenBucket bucket;
    };

    std::optional<std::size_t> find(const transport::ServerRequest& request) const;
    // When he may ask again; nothing: now, and this counts as asked.
    std::optional<std::chrono::nanoseconds> must_wait(std::size_t caller) const;

    Clock& clock_;
    std::vector<Caller> callers_;
    std::vector<std::unique_ptr<Rate>> rates_;  // Beside callers_; null: no limit.
    std::unordered_map<std::string, std::size_t> by_key_hash_;
    std::unordered_map<std::string, std::size_t> vouched_;  // By id.
};

}  // namespace tollgate::gateway
