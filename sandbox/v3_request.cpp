#include "sandbox/v3_request.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "sandbox/common_parameters.h"
#include "sandbox/encrypted_content.h"
#include "sandbox/methods.h"
#include "sandbox/refusal.h"
#include "sandbox/serial_names.h"

namespace tollgate::sandbox {
namespace {

constexpr std::string_view kScheme = "ALIPAY-SHA256withRSA ";
constexpr std::chrono::minutes kV3TimestampWindow{10};
// In the year 5138: what lies beyond is no time, and its distance to now might not fit its type.
constexpr std::int64_t kV3TimestampMostMs = 100'000'000'000'000;

// What stands behind the scheme: "app_id=…,nonce=…,timestamp=…" and the
// signature of it.
struct Authorization {
    std::string text;
    std::string sign;
    Fields fields;
};

Result<Authorization> read_authorization(const transport::ServerRequest& request) {
    const auto header = request.header("Authorization");
    // Alipay says so, whatever else is missing.
    if (!header) return refusal("isv.missing-timestamp", "缺少时间戳参数");
    if (!header->starts_with(kScheme)) {
        return refusal("isv.invalid-signature-type",
                       "Authorization 应以 ALIPAY-SHA256withRSA 开头");
    }
    const std::string_view rest = header->substr(kScheme.size());
    const std::size_t sign = rest.rfind(",sign=");
    if (sign == std::string_view::npos) return refusal("isv.missing-signature", "缺少签名参数");
    Authorization found{.text = std::string(rest.substr(0, sign)),
                        .sign = std::string(rest.substr(sign + 6)),
                        .fields = {}};
    for (std::string_view left = found.text; !left.empty();) {
        const std::string_view part = left.substr(0, left.find(','));
        left.remove_prefix(std::min(part.size() + 1, left.size()));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos || equals + 1 == part.size()) {
            return refusal("isv.invalid-parameter", "Authorization 无法解析");
        }
        found.fields.push_back({.name = std::string(part.substr(0, equals)),
                                .value = std::string(part.substr(equals + 1))});
    }
    return found;
}

// Unix milliseconds, at most ten minutes away.
Result<Timestamp> read_timestamp(const Fields& fields, Timestamp now) {
    const std::string text = value_of(fields, "timestamp");
    if (text.empty()) return refusal("isv.missing-timestamp", "缺少时间戳参数");
    Timestamp at;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), at.ms);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || at.ms < 0 || at.ms > kV3TimestampMostMs) {
        return refusal("isv.invalid-timestamp", "非法的时间戳参数");
    }
    if (now - at > kV3TimestampWindow || at - now > kV3TimestampWindow) {
        return refusal("isv.illegal-timestamp", "时间戳与当前时间相差超过10分钟");
    }
    return at;
}

// "/v3/alipay/trade/query" is alipay.trade.query; methods that a buyer opens
// have no path.
Result<const Method*> read_method(const transport::ServerRequest& request) {
    std::string name = request.path.starts_with("/v3/") ? request.path.substr(4) : std::string();
    std::ranges::replace(name, '/', '.');
    const Method* method = find_method(name);
    if (method == nullptr || !has_v3(*method) || method->v3_verb != request.method) {
        return refusal("isv.invalid-method", "不存在的方法名：" + request.method + " " + name);
    }
    return method;
}

Result<Done> check_signature(const transport::ServerRequest& request,
                             const Authorization& authorization, const App& app) {
    std::string content = authorization.text + "\n" + request.method + "\n" + request.target +
                          "\n" + request.body + "\n";
    if (const auto token = request.header("alipay-app-auth-token")) {
        content += std::string(*token) + "\n";
    }
    // API v3 knows no SHA-1.
    if (app.key.verify(content, authorization.sign, SignType::rsa2)) return Done{};
    return refusal("isv.invalid-signature", "验签出错，网关生成的验签字符串为：" + content);
}

// Of an encrypted request the body is base64, and its type is not JSON's.
Result<Json> read_body(const transport::ServerRequest& request, const SignedRequest& judged) {
    if (request.method == "GET") {
        const auto query = parse_form(request.query);
        if (!query) return refusal("isv.invalid-parameter", "参数无法解码");
        Json biz = Json::object();
        for (const Field& field : *query) biz[field.name] = field.value;
        return biz;
    }
    const std::string_view wanted = judged.encrypted ? "text/plain" : "application/json";
    if (!request.header("Content-Type").value_or("").starts_with(wanted)) {
        return refusal("isv.invalid-parameter", "Content-Type 应为 " + std::string(wanted));
    }
    std::string text = request.body;
    if (judged.encrypted) {
        TOLLGATE_TRY(text, opened_content(*judged.app, *judged.encrypted, request.body));
    }
    auto biz = parse_object(text);
    if (!biz) return refusal("isv.illegal-json", "请求体不是合法的JSON对象");
    return biz;
}

}  // namespace

Result<SignedRequest> judge_v3(const transport::ServerRequest& request, const Apps& apps,
                               Timestamp now) {
    TOLLGATE_TRY(const Authorization authorization, read_authorization(request));
    SignedRequest judged{.charset = "utf-8"};
    TOLLGATE_TRY(judged.app, check_app_id(authorization.fields, apps));
    if (value_of(authorization.fields, "nonce").empty()) {
        return refusal("isv.missing-nonce", "缺少nonce参数");
    }
    TOLLGATE_TRY(judged.timestamp, read_timestamp(authorization.fields, now));
    TOLLGATE_TRY(judged.method, read_method(request));
    const std::string app_cert_sn = value_of(authorization.fields, "app_cert_sn");
    TOLLGATE_DO(check_serial_names(
        {.app_cert_sn = app_cert_sn,
         .alipay_root_cert_sn = request.header("alipay-root-cert-sn").value_or("")},
        *judged.app, now));
    TOLLGATE_DO(check_signature(request, authorization, *judged.app));
    TOLLGATE_DO(
        check_app_auth_token(request.header("alipay-app-auth-token").value_or(""), *judged.app));
    TOLLGATE_TRY(judged.encrypted,
                 asked_encryption(*judged.app, request.header("alipay-encrypt-type").value_or("")));
    TOLLGATE_TRY(judged.biz, read_body(request, judged));
    // A field of the body there, a parameter of its own in v2.
    if (const auto url = text_member(judged.biz, "notify_url")) {
        judged.fields.push_back({.name = "notify_url", .value = *url});
        judged.biz.erase("notify_url");
    }
    TOLLGATE_DO(check_urls(judged.fields));
    return judged;
}

}  // namespace tollgate::sandbox
