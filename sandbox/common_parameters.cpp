#include "sandbox/common_parameters.h"

#include <algorithm>
#include <chrono>

#include "base/time_text.h"
#include "sandbox/charset_name.h"
#include "sandbox/content.h"
#include "sandbox/methods.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

constexpr std::chrono::minutes kTimestampWindow{15};
constexpr std::chrono::hours kLinkAgeMax{15 * 24};  // No order waits longer (protocol notes 9.0).
constexpr std::size_t kUrlBytesMax = 256;

Result<std::string> need(const Fields& fields, std::string_view name, std::size_t bytes_max) {
    std::string value = value_of(fields, name);
    const std::string code_name = name == "app_id"      ? "app-id"
                                  : name == "sign_type" ? "signature-type"
                                                        : std::string(name);
    if (is_blank(value))
        return refusal("isv.missing-" + code_name, "缺少参数：" + std::string(name));
    if (value.size() > bytes_max) {
        return refusal("isv.invalid-" + code_name, std::string(name) + " 超过长度限制");
    }
    return value;
}

Result<Done> check_url(const Fields& fields, std::string_view name, bool may_have_query) {
    const std::string url = value_of(fields, name);
    if (url.empty()) return Done{};
    if (url.size() > kUrlBytesMax) {
        return refusal("isv.invalid-parameter", std::string(name) + " 超过256个字符");
    }
    if (!is_http_url(url)) {
        return refusal("isv.invalid-parameter", std::string(name) + " 不是完整的http或https地址");
    }
    if (!may_have_query && url.find('?') != std::string::npos) {
        return refusal("isv.invalid-parameter", std::string(name) + " 不能携带自定义参数");
    }
    return Done{};
}

}  // namespace

bool is_http_url(std::string_view url) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    if (scheme == 0) return false;
    const auto host = url.substr(scheme, url.find_first_of("/?", scheme) - scheme);
    if (host.empty() || host.find('@') != std::string_view::npos) return false;
    return std::ranges::all_of(url, [](char c) {
        return c > ' ' && c < 0x7F && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\';
    });
}

Result<std::string> check_charset(const Fields& fields) {
    std::string charset = value_of(fields, "charset");
    const std::string name = lower_case(charset);
    if (name != "utf-8" && name != "gbk" && name != "gb2312") {
        return refusal("isv.invalid-charset", "字符集错误，目前只支持GBK和UTF-8：" + charset);
    }
    return charset;
}

Result<const App*> check_app_id(const Fields& fields, const Apps& apps) {
    TOLLGATE_TRY(const std::string app_id, need(fields, "app_id", 32));
    const App* app = find_app(apps, app_id);
    if (app == nullptr) return refusal("isv.invalid-app-id", "无效的AppID参数");
    return app;
}

Result<const Method*> check_method(const Fields& fields) {
    TOLLGATE_TRY(const std::string name, need(fields, "method", 128));
    const Method* method = find_method(name);
    if (method == nullptr) return refusal("isv.invalid-method", "不存在的方法名：" + name);
    return method;
}

Result<SignType> check_sign_type(const Fields& fields, const App& app) {
    TOLLGATE_TRY(const std::string name, need(fields, "sign_type", 10));
    const auto type = sign_type_named(name);
    if (!type) return refusal("isv.invalid-signature-type", "无效的签名类型：" + name);
    if (*type != app.sign_type) {
        return refusal("isv.invalid-signature-type",
                       "该应用的签名类型是 " + std::string(name_of(app.sign_type)));
    }
    return *type;
}

Result<Done> check_version_and_format(const Fields& fields) {
    TOLLGATE_TRY(const std::string version, need(fields, "version", 3));
    if (version != "1.0") return refusal("isv.invalid-version", "version 应为 1.0");
    const std::string format = value_of(fields, "format");
    if (!format.empty() && format != "JSON" && format != "json") {
        return refusal("isv.invalid-format", "无效的数据格式：" + format);
    }
    return Done{};
}

Result<Timestamp> check_timestamp(const Fields& fields, Timestamp now, bool buyer_may_be_late) {
    TOLLGATE_TRY(const std::string text, need(fields, "timestamp", 19));
    const auto timestamp = parse_beijing(text);
    if (!timestamp) {
        return refusal("isv.invalid-timestamp", "非法的时间戳参数，应为 yyyy-MM-dd HH:mm:ss");
    }
    const auto age = now - *timestamp;
    const std::chrono::milliseconds oldest = buyer_may_be_late
                                                 ? std::chrono::milliseconds(kLinkAgeMax)
                                                 : std::chrono::milliseconds(kTimestampWindow);
    if (age > oldest || age < -kTimestampWindow) {
        return refusal("isv.invalid-timestamp", "非法的时间戳参数：" + text + "，与北京时间 " +
                                                    to_beijing(now) + " 相差过大");
    }
    return *timestamp;
}

Result<Done> check_app_auth_token(std::string_view token, const App& app) {
    const bool is_its_own = app.app_auth_token != nullptr && token == app.app_auth_token->reveal();
    if (token.empty() || is_its_own) return Done{};
    return refusal("aop.invalid-app-auth-token",
                   "无效的应用授权令牌：与沙箱设置中该应用的 app_auth_token 不符");
}

Result<Done> check_urls(const Fields& fields) {
    TOLLGATE_DO(check_url(fields, "notify_url", false));
    TOLLGATE_DO(check_url(fields, "return_url", true));
    return Done{};
}

}  // namespace tollgate::sandbox
