#include "gateway/doctor/address_checks.h"

#include <algorithm>
#include <array>

#include "signing/certificate.h"
#include "signing/key.h"
#include "transport/address_guard.h"

namespace tollgate::gateway {
namespace {

constexpr std::string_view kProduction = "openapi.alipay.com";
constexpr std::string_view kSandbox = "openapi-sandbox.dl.alipaydev.com";
constexpr std::size_t kNotifyUrlMax = 256;  // Protocol notes 1.2.

struct Address {
    bool tls = false;
    std::string host;  // Without brackets.
    std::string port;  // Empty: the scheme's own.
};

// Of an address that the settings' reader has let pass.
Address taken_apart(std::string_view url) {
    Address address{.tls = url.starts_with("https://"), .host = {}, .port = {}};
    const std::size_t begin = url.find("://");
    url.remove_prefix(begin == std::string_view::npos ? 0 : begin + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (url.starts_with('[')) {
        const std::size_t end = std::min(url.find(']'), url.size());
        address.host = url.substr(1, end - 1);
        url.remove_prefix(std::min(end + 1, url.size()));
    } else {
        address.host = url.substr(0, url.find(':'));
        url.remove_prefix(address.host.size());
    }
    if (url.starts_with(':')) address.port = url.substr(1);
    return address;
}

bool is_this_machine(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// A name that only a network of its own knows, or an address that is not of the internet.
bool is_reachable(const std::string& host) {
    if (const auto address = transport::IpAddress::parse(host)) return is_public(*address);
    constexpr std::array<std::string_view, 7> kInner = {".local", ".internal",  ".lan",    ".home",
                                                        ".test",  ".localhost", ".invalid"};
    return host.find('.') != std::string::npos &&
           std::ranges::none_of(kInner, [&](std::string_view end) { return host.ends_with(end); });
}

// The sandbox numbers its apps from 9021…; no other app begins so.
bool is_sandbox_app(const std::string& app_id) {
    return app_id.starts_with("9021");
}

// Certificates of the sandbox come from test CAs, and say so.
bool is_sandbox_certificate(const config::AppSettings& app) {
    const auto file = signing::Certificate::parse_all(app.certificates->app);
    return file && file->front().issuer().find(" test,") != std::string::npos;
}

Finding finding(Severity severity, const std::string& where, std::string code, std::string english,
                std::string chinese) {
    return {severity, where, std::move(code), std::move(english), std::move(chinese)};
}

void check_host(Findings& findings, const std::string& host, const std::string& where) {
    if (host == "openapi.alipaydev.com") {
        findings.push_back(finding(
            Severity::error, where, "old_sandbox_address",
            "This sandbox is out of service and its certificate has expired. Use "
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do, with the app that it gives you.",
            "该沙箱已停用，证书也已过期。请改用 "
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do，并使用新沙箱提供的应用。"));
    } else if (host == "mapi.alipay.com") {
        findings.push_back(finding(Severity::error, where, "mapi_address",
                                   "This is the gateway of the old MAPI products. Use "
                                   "https://openapi.alipay.com/gateway.do.",
                                   "这是旧版 MAPI 网关。请改用 "
                                   "https://openapi.alipay.com/gateway.do。"));
    }
}

void check_world(Findings& findings, const config::AppSettings& app, const std::string& host,
                 const std::string& where) {
    const bool sandbox_app =
        is_sandbox_app(app.app_id) || (app.certificates && is_sandbox_certificate(app));
    if (host == kProduction && sandbox_app) {
        findings.push_back(
            finding(Severity::error, where, "sandbox_app_in_production",
                    "The app or its certificate is of Alipay's sandbox, the address "
                    "is of production. App, keys and address change together.",
                    "应用或证书属于沙箱，而网关地址是正式环境。应用、密钥和地址必须一起"
                    "更换。"));
    }
    if (host == kSandbox && !sandbox_app) {
        findings.push_back(
            finding(Severity::error, where, "production_app_in_sandbox",
                    "The address is of Alipay's sandbox, the app is not: the "
                    "sandbox's app ids begin with 9021. App, keys and address change "
                    "together.",
                    "网关地址是沙箱，而应用不是沙箱应用（沙箱 APPID 以 9021 开头）。应用、"
                    "密钥和地址必须一起更换。"));
    }
}

void check_demo_key(Findings& findings, const config::AppSettings& app, const std::string& where) {
    const auto key = signing::PrivateKey::parse(app.private_key.reveal());
    if (!key || !key->is_demo()) return;
    findings.push_back(
        finding(Severity::error, where + "/private_key", "demo_key",
                "This is the demo's key, and gateway_url is not on this machine. "
                "Make a pair of your own: tollgate keys new DIR.",
                "这是演示密钥，而 gateway_url 不在本机。请生成自己的密钥对：tollgate keys "
                "new DIR。"));
}

}  // namespace

Findings check_gateway_address(const config::AppSettings& app, const std::string& app_where) {
    Findings findings;
    const std::string where = app_where + "/gateway_url";
    const Address address = taken_apart(app.gateway_url);
    if (is_this_machine(address.host)) return findings;
    check_host(findings, address.host, where);
    check_world(findings, app, address.host, where);
    check_demo_key(findings, app, app_where);
    if (!address.tls) {
        findings.push_back(finding(Severity::error, where, "gateway_without_tls",
                                   "Requests would go out readable by everyone on the way. Use "
                                   "https://.",
                                   "请求会以明文发送。请使用 https://。"));
    }
    const bool alipays = address.host == kProduction || address.host == kSandbox;
    if (alipays && !app.gateway_url.ends_with("/gateway.do")) {
        findings.push_back(finding(Severity::error, where, "gateway_path",
                                   "The address of Alipay's gateway ends with /gateway.do.",
                                   "支付宝网关地址应以 /gateway.do 结尾。"));
    }
    return findings;
}

Findings check_notify_address(const config::Settings& settings) {
    const std::string where = "/public/base_url";
    const std::string& url = settings.public_door.base_url;
    const Address address = taken_apart(url);
    const bool trial = std::ranges::all_of(settings.apps, [](const config::AppSettings& app) {
        return is_this_machine(taken_apart(app.gateway_url).host);
    });
    const Severity severity = trial ? Severity::warning : Severity::error;
    Findings findings;
    if (url.find('?') != std::string::npos) {
        findings.push_back(
            finding(severity, where, "notify_url_with_parameters",
                    "Alipay does not support parameters in a notify_url, and they "
                    "break the signature. Take everything from the '?' on away.",
                    "notify_url 不能带参数，否则会破坏验签。请去掉 “?” 及其后的内容。"));
    }
    if (!is_reachable(address.host)) {
        findings.push_back(finding(
            severity, where, "notify_url_not_public",
            address.host + " cannot be reached from the internet, so no "
                           "notification will come. Use a public name, or `tollgate tunnel` "
                           "for trials.",
            address.host + " 无法从互联网访问，收不到任何通知。请使用公网域名，"
                           "调试时可用 tollgate tunnel。"));
    } else if (!address.tls) {
        findings.push_back(
            finding(Severity::warning, where, "notify_url_without_tls",
                    "Notifications would come unencrypted: their signature still "
                    "holds, but anybody on the way reads them. Put TLS in front and "
                    "use https://.",
                    "通知将以明文传送：签名仍可验证，但途中任何人都能看到内容。请在前端配置 "
                    "TLS 并使用 https://。"));
    }
    if (!address.port.empty() && address.port != "80" && address.port != "443") {
        findings.push_back(finding(Severity::warning, where, "notify_url_port",
                                   "Alipay says nothing about other ports than 80 and 443. Use one "
                                   "of them.",
                                   "支付宝未说明支持 80 和 443 以外的端口。请使用其中之一。"));
    }
    for (const config::AppSettings& app : settings.apps) {
        if (url.size() + app.id.size() + sizeof "/alipay//notify" - 1 <= kNotifyUrlMax) continue;
        findings.push_back(finding(Severity::error, where, "notify_url_too_long",
                                   "A notify_url has at most 256 characters.",
                                   "notify_url 最长 256 个字符。"));
        break;
    }
    return findings;
}

}  // namespace tollgate::gateway
