#include "sandbox/signed_request.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/charset.h"
#include "base/time_text.h"
#include "sandbox/charset_name.h"
#include "sandbox/common_parameters.h"
#include "sandbox/content.h"
#include "sandbox/encrypted_content.h"
#include "sandbox/methods.h"
#include "sandbox/refusal.h"
#include "sandbox/serial_names.h"
#include "sandbox/signature_hint.h"

namespace tollgate::sandbox {
namespace {

constexpr std::string_view kCharsetAdvice =
    "请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码";

// charset alone may stand in the query and in the form too, as several SDKs send it.
Result<Fields> without_repeats(Fields query, const Fields& body) {
    std::set<std::string> seen;
    for (const Field& field : query) {
        if (!seen.insert(field.name).second) {
            return refusal("isv.invalid-parameter", "参数重复：" + field.name);
        }
    }
    const std::string charset = value_of(query, "charset");
    for (const Field& field : body) {
        if (field.name == "charset" && field.value == charset) continue;
        if (!seen.insert(field.name).second) {
            return refusal("isv.invalid-parameter", "参数重复：" + field.name);
        }
        query.push_back(field);
    }
    return query;
}

Result<Fields> read_fields(const RawRequest& raw) {
    auto query = parse_form(raw.query);
    auto body = parse_form(raw.body);
    if (!query || !body) {
        const Error& error = !query ? query.error() : body.error();
        return refusal("isv.invalid-parameter", "参数无法解码：" + error.message());
    }
    if (!has_field(*query, "charset")) {
        return refusal("isv.invalid-charset", std::string(kCharsetAdvice));
    }
    return without_repeats(*std::move(query), *body);
}

Result<Fields> as_utf8(const Fields& fields, std::string_view charset) {
    Fields texts;
    for (const Field& field : fields) {
        auto value = to_utf8(field.value, charset);
        if (!value) {
            return refusal("isv.invalid-charset", field.name + " 不是 " + std::string(charset) +
                                                      " 编码。" + std::string(kCharsetAdvice));
        }
        texts.push_back({.name = field.name, .value = *std::move(value)});
    }
    return texts;
}

Result<Json> read_biz_content(const SignedRequest& request, std::string text) {
    if (is_blank(text)) return refusal("isv.missing-biz-content", "缺少biz_content参数");
    if (request.encrypted) {
        TOLLGATE_TRY(const std::string bytes,
                     opened_content(*request.app, *request.encrypted, text));
        auto plain = to_utf8(bytes, request.charset);
        if (!plain) return refusal("isv.invalid-charset", "biz_content解密后字符集错误");
        text = *std::move(plain);
    }
    auto biz = parse_object(text);
    if (biz) return biz;
    if (!request.encrypted && request.app->content_key && text.find('{') == std::string::npos) {
        return refusal("isv.decryption-error-missing-encrypt-type", "解密出错，缺少encrypt_type");
    }
    return refusal("isv.illegal-json", "biz_content不是合法的JSON对象");
}

}  // namespace

Result<SignedRequest> RequestJudge::judge(const RawRequest& raw, Timestamp now,
                                          RequestOutline& outline) const {
    TOLLGATE_TRY(const Fields fields, read_fields(raw));
    SignedRequest request;
    TOLLGATE_TRY(request.charset, check_charset(fields));
    outline.charset = request.charset;
    TOLLGATE_TRY(request.app, check_app_id(fields, apps_));
    outline.app_id = request.app->app_id;
    TOLLGATE_TRY(request.method, check_method(fields));
    outline.method = request.method->name;
    TOLLGATE_TRY(request.sign_type, check_sign_type(fields, *request.app));
    outline.sign_type = request.sign_type;
    TOLLGATE_DO(check_version_and_format(fields));
    const std::string app_cert_sn = value_of(fields, "app_cert_sn");
    const std::string root_cert_sn = value_of(fields, "alipay_root_cert_sn");
    TOLLGATE_DO(check_serial_names(
        {.app_cert_sn = app_cert_sn, .alipay_root_cert_sn = root_cert_sn}, *request.app, now));
    TOLLGATE_TRY(request.timestamp, check_timestamp(fields, now, opened_by_buyer(*request.method)));
    TOLLGATE_DO(check_signature(fields, request));
    outline.signature_proved = true;

    TOLLGATE_TRY(request.fields, as_utf8(fields, request.charset));
    TOLLGATE_DO(check_app_auth_token(value_of(request.fields, "app_auth_token"), *request.app));
    TOLLGATE_DO(check_urls(request.fields));
    if (!request.method->needs_biz_content) return request;
    TOLLGATE_TRY(request.encrypted,
                 asked_encryption(*request.app, value_of(request.fields, "encrypt_type")));
    TOLLGATE_TRY(request.biz, read_biz_content(request, value_of(request.fields, "biz_content")));
    return request;
}

Result<Done> RequestJudge::check_signature(const Fields& fields,
                                           const SignedRequest& request) const {
    const std::string sign = value_of(fields, "sign");
    if (is_blank(sign)) return refusal("isv.missing-signature", "缺少签名参数");
    const std::string content = canonical_content(fields, ContentRule::request);
    if (request.app->key.verify(content, sign, request.sign_type)) return Done{};
    const std::string hint = signature_hint({.fields = fields,
                                             .app = *request.app,
                                             .sign_type = request.sign_type,
                                             .apps = apps_,
                                             .alipay_key = alipay_key_});
    auto shown = to_utf8(content, request.charset);
    return refusal(
        "isv.invalid-signature",
        "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：" +
            (shown ? *shown : content) + " ；沙箱提示 (sandbox hint): " + hint);
}

}  // namespace tollgate::sandbox
