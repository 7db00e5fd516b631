#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace tollgate::sandbox {

// What alipay.system.oauth.token answers (protocol notes 9.17).
struct OauthToken {
    std::string user_id;
    std::string access_token;
    std::string refresh_token;
    std::chrono::seconds expires_in{15 * 24 * 3600};
    std::chrono::seconds re_expires_in{30 * 24 * 3600};
    Timestamp auth_start;
};

// Codes that buyers have agreed to, each good once for one application. Keeps the latest kKeptMax.
// Use from one thread at a time.
class OauthCodes {
public:
    static constexpr std::size_t kKeptMax = 10'000;
    static constexpr std::chrono::minutes kGoodFor{24 * 60};

    explicit OauthCodes(Entropy& entropy) : entropy_(entropy) {}

    // What the buyer's browser carries back to the merchant.
    std::string give(std::string_view app_id, Timestamp now);

    // Refusals: isv.code-invalid (used, over, never given), isv.unmatched-app-id.
    Result<OauthToken> redeem(std::string_view app_id, std::string_view code, Timestamp now);
    // Refusals: isv.refresh-token-invalid, isv.refresh-token-time-out, isv.unmatched-app-id.
    Result<OauthToken> refresh(std::string_view app_id, std::string_view token, Timestamp now);

private:
    struct Given {
        std::string app_id;
        Timestamp until;
    };

    OauthToken new_token(std::string_view app_id, Timestamp now);
    void keep(const std::string& text, Given given);

    Entropy& entropy_;
    std::unordered_map<std::string, Given> given_;  // Codes and refresh tokens.
    std::deque<std::string> oldest_first_;
};

}  // namespace tollgate::sandbox
