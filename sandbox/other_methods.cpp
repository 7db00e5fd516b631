#include "sandbox/other_methods.h"

#include <algorithm>

#include "base/time_text.h"
#include "sandbox/base64.h"
#include "sandbox/form.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

Result<OauthToken> give_token(const SignedRequest& request, const MethodWorld& world) {
    // v2 has them as parameters of their own, v3 in the body.
    const auto text = [&request](const char* name) {
        const std::string value = value_of(request.fields, name);
        return value.empty() ? text_member(request.biz, name).value_or("") : value;
    };
    const std::string type = text("grant_type");
    OauthCodes& codes = world.books.oauth_codes;
    const std::string& app_id = request.app->app_id;
    if (type == "authorization_code") return codes.redeem(app_id, text("code"), world.now);
    if (type == "refresh_token") return codes.refresh(app_id, text("refresh_token"), world.now);
    return refusal("isv.grant-type-invalid", "grant_type 应为 authorization_code 或 refresh_token");
}

}  // namespace

Run oauth_token(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(const OauthToken token, give_token(request, world));
    Handled handled{.reply = Reply::bare};
    Json& node = handled.node;
    node["access_token"] = token.access_token;
    node["auth_start"] = to_beijing(token.auth_start);
    node["expires_in"] = token.expires_in.count();
    node["re_expires_in"] = token.re_expires_in.count();
    node["refresh_token"] = token.refresh_token;
    node["user_id"] = token.user_id;
    return handled;
}

// One that is not in use yet can be had, too: Alipay makes it a month ahead.
Run certificate_download(const SignedRequest& request, const MethodWorld& /*unused*/) {
    const std::string sn = text_member(request.biz, "alipay_cert_sn").value_or("");
    if (request.app->certificates) {
        const auto& held = request.app->certificates->alipay;
        const auto found = std::ranges::find(held, sn, &AlipayCertificate::sn);
        if (found != held.end()) {
            return Handled{.node = {{"alipay_cert_content", to_base64(found->file)}}};
        }
    }
    return refusal("isv.alipay-cert-not-exist", "支付宝公钥证书不存在：" + sn);
}

}  // namespace tollgate::sandbox
