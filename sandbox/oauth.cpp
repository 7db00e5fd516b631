#include "sandbox/oauth.h"

#include "sandbox/random_text.h"
#include "sandbox/refusal.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {
namespace {

constexpr std::string_view kTokenPrefix = "composeB";

Error other_app() {
    return refusal("isv.unmatched-app-id", "授权码与应用不匹配");
}

}  // namespace

std::string OauthCodes::give(std::string_view app_id, Timestamp now) {
    std::string code = random_hex(entropy_, 16);
    keep(code, {.app_id = std::string(app_id), .until = now + kGoodFor});
    return code;
}

Result<OauthToken> OauthCodes::redeem(std::string_view app_id, std::string_view code,
                                      Timestamp now) {
    const auto found = given_.find(std::string(code));
    if (found == given_.end() || code.starts_with(kTokenPrefix) || found->second.until < now) {
        return refusal("isv.code-invalid", "授权码code无效");
    }
    if (found->second.app_id != app_id) return other_app();
    given_.erase(found);
    return new_token(app_id, now);
}

Result<OauthToken> OauthCodes::refresh(std::string_view app_id, std::string_view token,
                                       Timestamp now) {
    const auto found = given_.find(std::string(token));
    if (found == given_.end() || !token.starts_with(kTokenPrefix)) {
        return refusal("isv.refresh-token-invalid", "刷新令牌refresh_token无效");
    }
    if (found->second.app_id != app_id) return other_app();
    if (found->second.until < now) {
        return refusal("isv.refresh-token-time-out", "刷新令牌refresh_token过期");
    }
    given_.erase(found);
    return new_token(app_id, now);
}

OauthToken OauthCodes::new_token(std::string_view app_id, Timestamp now) {
    OauthToken token{.user_id = Buyer().user_id,
                     .access_token = "authusrB" + random_hex(entropy_, 16),
                     .refresh_token = std::string(kTokenPrefix) + random_hex(entropy_, 16),
                     .auth_start = now};
    keep(token.refresh_token, {.app_id = std::string(app_id), .until = now + token.re_expires_in});
    return token;
}

void OauthCodes::keep(const std::string& text, Given given) {
    given_.insert_or_assign(text, std::move(given));
    oldest_first_.push_back(text);
    if (oldest_first_.size() > kKeptMax) {
        given_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
}

}  // namespace tollgate::sandbox
