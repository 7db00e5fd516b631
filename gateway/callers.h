#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "config/settings.h"
#include "gateway/problem.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// An order service, or a person's tool, that may use the API.
struct Caller {
    std::string id;
    std::set<std::string, std::less<>> apps;
    std::set<std::string, std::less<>> rights;

    bool may_see(std::string_view app) const { return apps.contains(app); }
    bool may(std::string_view right) const { return rights.contains(right); }
};

// Who is calling, by bearer key. Only the SHA-256 of a key is known here. Immutable, safe to share.
class Callers {
public:
    explicit Callers(const std::vector<config::CallerSettings>& settings);

    // The caller, if he has the right; else 401 (key missing or unknown: nothing says which) or
    // 403.
    std::variant<const Caller*, ApiProblem> admit(const transport::ServerRequest& request,
                                                  std::string_view right) const;

private:
    std::vector<Caller> callers_;
    std::unordered_map<std::string, std::size_t> by_key_hash_;
};

}  // namespace tollgate::gateway
