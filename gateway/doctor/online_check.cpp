#include "gateway/doctor/online_check.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "signing/answer.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMethod = "alipay.trade.query";

constexpr std::array kGatewayCodes{
    Advice{
        "invalid-app-id",
        "Alipay has no such app_id at this address. Compare it with the console; the sandbox and "
        "production have different ones.",
        "该地址下没有这个 app_id。请与控制台核对；沙箱和正式环境的 APPID 不同。"},
    Advice{"invalid-signature",
           "Alipay does not believe our signature: the app public key in the console is not the "
           "other half of private_key. Upload it again, or use the right private key.",
           "支付宝验签失败：控制台中的应用公钥与 private_key "
           "不配对。请重新上传公钥，或改用正确的私钥。"},
    Advice{"missing-signature-config",
           "No app public key is set in the console. Upload app_public_key.txt.",
           "控制台尚未设置应用公钥。请上传 app_public_key.txt。"},
    Advice{"invalid-signature-type", "The app is set to another sign_type in the console.",
           "控制台中该应用的签名类型与 sign_type 不一致。"},
    Advice{"missing-app-cert-sn",
           "The app is in certificate mode in the console: give \"certificates\" instead of "
           "alipay_public_keys.",
           "控制台中该应用为证书模式：请配置 \"certificates\"，而不是 alipay_public_keys。"},
    Advice{"missing-alipay-root-cert-sn",
           "The app is in certificate mode in the console: give \"certificates\" instead of "
           "alipay_public_keys.",
           "控制台中该应用为证书模式：请配置 \"certificates\"，而不是 alipay_public_keys。"},
    Advice{"invalid-alipay-root-cert-sn",
           "The root file is not the one of this environment. Download alipayRootCert.crt again.",
           "根证书不属于该环境。请重新下载 alipayRootCert.crt。"},
    Advice{"app-cert-not-exist",
           "Alipay does not have this app certificate. Download appCertPublicKey_….crt again.",
           "支付宝没有这张应用证书。请重新下载 appCertPublicKey_….crt。"},
    Advice{"app-cert-expired", "The app certificate has expired. Renew it in the console.",
           "应用证书已过期。请在控制台更新。"},
    Advice{"invalid-timestamp", "This machine's clock is wrong. Set it by NTP.",
           "本机时钟不正确。请用 NTP 校准。"},
    Advice{"illegal-timestamp", "This machine's clock is wrong. Set it by NTP.",
           "本机时钟不正确。请用 NTP 校准。"},
    Advice{
        "insufficient-isv-permissions",
        "The signature is right, but the app has no contract for payments yet, or is not online. "
        "Sign the product in the console.",
        "签名正确，但应用尚未签约支付产品或未上线。请在控制台签约。"},
    Advice{"invalid-app-state", "The app is not online. Put it online in the console.",
           "应用未上线。请在控制台上线。"},
    Advice{"not-online-app", "The app is not online. Put it online in the console.",
           "应用未上线。请在控制台上线。"},
    Advice{"missing-encrypt-key",
           "Content encryption is on in the console, but has no key there. Set one.",
           "控制台已开启内容加密但未设置密钥。请设置。"},
    Advice{"invalid-encrypt",
           "Alipay cannot decrypt what we send. Compare the encryption key with the console's.",
           "支付宝无法解密请求内容。请与控制台核对加密密钥。"},
    Advice{"app-call-limited", "The app makes too many calls. Try again later.",
           "应用调用过于频繁。请稍后再试。"},
    Advice{"illegal-client-ip",
           "The console allows calls only from listed addresses, and this machine's is not among "
           "them.",
           "控制台设置了 IP 白名单，而本机地址不在其中。"},
};

constexpr Advice kUnknownCode{
    "", "Alipay refused the query. Its code is above; look it up in the console's documentation.",
    "支付宝拒绝了查询。错误码见上，请在开放平台文档中查询。"};

std::string text_of(const Json& node, const char* name) {
    const auto found = node.find(name);
    return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Finding said(Severity severity, const std::string& where, std::string code, std::string english,
             std::string chinese) {
    return {severity, where, std::move(code), std::move(english), std::move(chinese)};
}

Finding not_verified(const callbacks::App& app, const std::string& where,
                     const signing::AnswerParts& parts, const Error& error) {
    if (app.certificates && !parts.alipay_cert_sn.empty() &&
        app.alipay_key(parts.alipay_cert_sn) == nullptr) {
        return said(Severity::warning, where, "alipay_certificate_renewed",
                    "Alipay signs with a certificate (" + parts.alipay_cert_sn +
                        ") that the settings do not have. `serve` fetches it by itself; better, "
                        "download it from the console.",
                    "支付宝使用了配置中没有的证书（" + parts.alipay_cert_sn +
                        "）。serve 会自动获取；最好从控制台下载并加入配置。");
    }
    return said(
        Severity::error, where, "alipay_key_wrong",
        "Alipay answered, but not with the Alipay key of the settings (" + error.reason() +
            "). Copy Alipay's public key or certificate from the console of this app again.",
        "支付宝已应答，但其签名与配置的支付宝公钥不符（" + error.reason() +
            "）。请从该应用的控制台重新复制支付宝公钥或证书。");
}

Finding refused(const std::string& where, const std::string& sub_code, bool is_signed) {
    const std::string_view tail = "TRADE_NOT_EXIST";
    if (is_signed && sub_code.ends_with(tail)) {
        return said(
            Severity::good, where, "alipay_answers",
            "Alipay knows the app and its key, and we know Alipay's: a query of an order "
            "that cannot exist was answered so.",
            "支付宝认可该应用及其密钥，我们也能验证支付宝的签名：查询不存在的订单得到了预期应答。");
    }
    const Advice advice = explain_gateway_code(sub_code);
    return said(Severity::error, where, "gateway_refused",
                sub_code + ": " + std::string(advice.english),
                sub_code + "：" + std::string(advice.chinese));
}

}  // namespace

Advice explain_gateway_code(std::string_view sub_code) {
    for (const std::string_view prefix : {"isv.", "isp.", "aop."}) {
        if (sub_code.starts_with(prefix)) sub_code.remove_prefix(prefix.size());
    }
    const auto* const found = std::ranges::find(kGatewayCodes, sub_code, &Advice::code);
    return found == kGatewayCodes.end() ? kUnknownCode : *found;
}

Finding judge_query(const callbacks::App& app, const std::string& where,
                    const Result<transport::ClientReply>& reply) {
    if (!reply) {
        return said(Severity::error, where, "gateway_out_of_reach",
                    "No answer from " + app.gateway_url + ": " + reply.error().message() + ".",
                    app.gateway_url + " 没有应答：" + reply.error().message() + "。");
    }
    const auto parts = signing::split_answer(reply->body, kMethod);
    if (reply->status != 200 || !parts) {
        return said(Severity::error, where, "gateway_of_another_kind",
                    "What answers at " + app.gateway_url + " is not Alipay's gateway (HTTP " +
                        std::to_string(reply->status) + "). Compare gateway_url with the console.",
                    app.gateway_url + " 的应答不是支付宝网关（HTTP " +
                        std::to_string(reply->status) + "）。请核对 gateway_url。");
    }
    const auto verified = verify_answer(*parts, app.alipay.alipay, app.sign_type);
    const bool is_unsigned = !verified && verified.error().reason() == "answer_sign_missing";
    if (!verified && !is_unsigned) return not_verified(app, where, *parts, verified.error());
    constexpr bool kThrow = false;
    const Json node = Json::parse(parts->node_text, nullptr, kThrow);
    const std::string sub_code = text_of(node.is_object() ? node : Json::object(), "sub_code");
    return refused(where, sub_code.empty() ? "no sub_code" : sub_code, verified.has_value());
}

}  // namespace tollgate::gateway
