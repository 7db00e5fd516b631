#include <algorithm>
#include <optional>

#include "gateway/doctor/key_checks.h"
#include "signing/certificate.h"
#include "signing/key.h"

namespace tollgate::gateway {
namespace {

using signing::Certificate;

constexpr std::int64_t kDayMs = 86'400'000;

std::string days_between(Timestamp from, Timestamp to) {
    return std::to_string((to.ms - from.ms) / kDayMs);
}

// Behind the last '-' of a CN such as "2088…-<app_id>" or "支付宝…-2088…".
std::string after_dash(const std::string& name) {
    const std::size_t dash = name.rfind('-');
    return dash == std::string::npos ? std::string() : name.substr(dash + 1);
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

class CertificateCheck {
public:
    CertificateCheck(const config::AppSettings& app, std::string where, Timestamp now)
        : app_(app),
          files_(*app.certificates),
          where_(std::move(where)),
          now_(now),
          type_(signing::sign_type_from(app.sign_type).value_or(signing::SignType::rsa2)) {}

    Findings run() {
        const auto app = read(files_.app, "/app");
        roots_ = read(files_.root, "/root");
        std::vector<std::vector<Certificate>> alipay;
        for (std::size_t i = 0; i < files_.alipay.size(); ++i) {
            alipay.push_back(read(files_.alipay[i], "/alipay/" + std::to_string(i)));
            keep_issuers(alipay.back());
        }
        keep_issuers(app);
        if (!roots_.empty() && root_cert_sn(roots_, type_).empty()) {
            say(Severity::error, "/root", "root_file_of_another_kind",
                "None of its certificates counts for this sign_type. Download alipayRootCert.crt "
                "from the console again.",
                "其中没有与 sign_type 对应的根证书。请从控制台重新下载 alipayRootCert.crt。");
        }
        if (!app.empty()) check_app(app.front());
        for (std::size_t i = 0; i < alipay.size(); ++i) {
            if (alipay[i].empty()) continue;
            check_alipay(alipay[i].front(), app, "/alipay/" + std::to_string(i));
        }
        return std::move(findings_);
    }

private:
    void say(Severity severity, const std::string& where, std::string code, std::string english,
             std::string chinese) {
        findings_.push_back(
            {severity, where_ + where, std::move(code), std::move(english), std::move(chinese)});
    }

    std::vector<Certificate> read(const std::string& text, const std::string& where) {
        auto certificates = Certificate::parse_all(text);
        if (certificates) return *std::move(certificates);
        const bool key = certificates.error().reason() == "certificate_is_key";
        say(Severity::error, where, certificates.error().reason(),
            certificates.error().message() +
                ". Download the file from the console again and do not edit it.",
            key ? "这是密钥；这里应填写证书文件（.crt）。"
                : "无法读取证书文件。请从控制台重新下载，不要编辑。");
        return {};
    }

    void keep_issuers(const std::vector<Certificate>& file) {
        if (!file.empty()) issuers_.insert(issuers_.end(), file.begin() + 1, file.end());
    }

    void check_dates(const Certificate& certificate, const std::string& where) {
        if (certificate.valid_until() < now_) {
            say(Severity::error, where, "certificate_expired",
                "The certificate expired " + days_between(certificate.valid_until(), now_) +
                    " days ago. Get a new one from the console and put it here; SIGHUP takes it.",
                "证书已过期 " + days_between(certificate.valid_until(), now_) +
                    " 天。请从控制台获取新证书并替换，发送 SIGHUP 即可生效。");
        } else if (now_ < certificate.valid_from()) {
            say(Severity::error, where, "certificate_not_yet_valid",
                "The certificate is valid only in " + days_between(now_, certificate.valid_from()) +
                    " days, or this machine's clock is wrong.",
                "证书在 " + days_between(now_, certificate.valid_from()) +
                    " 天后才生效，或者本机时钟不正确。");
        } else if (certificate.valid_until().ms - now_.ms < kExpiringDays * kDayMs) {
            say(Severity::warning, where, "certificate_expiring",
                "The certificate has " + days_between(now_, certificate.valid_until()) +
                    " days left. Renew it in the console; the old one works for 7 days more.",
                "证书还有 " + days_between(now_, certificate.valid_until()) +
                    " 天到期。请在控制台更新，旧证书在更新后 7 天内仍可使用。");
        } else {
            say(Severity::good, where, "certificate_valid",
                "Valid for " + days_between(now_, certificate.valid_until()) + " days more (SN " +
                    certificate.sn() + ").",
                "有效期还有 " + days_between(now_, certificate.valid_until()) + " 天（SN " +
                    certificate.sn() + "）。");
        }
    }

    void check_chain(const Certificate& certificate, const std::string& where) {
        if (roots_.empty()) return;
        if (check_signatures(certificate, {.issuers = issuers_, .roots = roots_})) return;
        say(Severity::error, where, "certificate_of_another_root",
            "The root file does not stand behind it (" + certificate.issuer() +
                "). Take all three files from the same console: the sandbox has a root file of its "
                "own.",
            "根证书文件不是它的签发方（" + certificate.issuer() +
                "）。三个文件须来自同一控制台：沙箱有自己的根证书。");
    }

    void check_app(const Certificate& certificate) {
        const auto own = signing::PrivateKey::parse_for(type_, app_.private_key.reveal());
        const auto key = certificate.public_key(type_);
        if (own && (!key || !key->same_as(own->public_half()))) {
            say(Severity::error, "/app", "key_pair_does_not_match",
                "The certificate holds another key than private_key: Alipay will refuse every "
                "request. Use the private key that its signing request (CSR) was made with.",
                "证书中的公钥与 private_key 不配对，支付宝会拒绝所有请求。请使用生成 CSR "
                "时的私钥。");
        }
        const std::string of = after_dash(certificate.common_name());
        if (is_digits(of) && of != app_.app_id) {
            say(Severity::error, "/app", "certificate_of_another_app",
                "It is the certificate of " + certificate.common_name() + ", not of app " +
                    app_.app_id + ". Download appCertPublicKey_" + app_.app_id + ".crt.",
                "这是 " + certificate.common_name() + " 的证书，而不是应用 " + app_.app_id +
                    " 的。请下载 appCertPublicKey_" + app_.app_id + ".crt。");
        }
        check_dates(certificate, "/app");
    }

    void check_alipay(const Certificate& certificate, const std::vector<Certificate>& app,
                      const std::string& where) {
        const auto own = signing::PrivateKey::parse_for(type_, app_.private_key.reveal());
        const auto key = certificate.public_key(type_);
        if (own && key && key->same_as(own->public_half())) {
            say(Severity::error, where, "app_key_in_alipays_place",
                "This is the app's own certificate. alipayCertPublicKey_RSA2.crt belongs here.",
                "这是应用证书。这里应填写 alipayCertPublicKey_RSA2.crt。");
            return;
        }
        const std::string ours = app.empty() ? std::string() : app.front().common_name();
        const std::string merchant = ours.substr(0, ours.find('-'));
        const std::string of = after_dash(certificate.common_name());
        if (is_digits(merchant) && is_digits(of) && of != merchant) {
            say(Severity::error, where, "certificate_of_another_merchant",
                "Alipay made it for merchant " + of + "; the app is merchant " + merchant +
                    "'s. Download it from the console of this app.",
                "这是支付宝为商户 " + of + " 签发的证书，而应用属于商户 " + merchant +
                    "。请从该应用的控制台下载。");
        }
        check_chain(certificate, where);
        check_dates(certificate, where);
    }

    const config::AppSettings& app_;
    const config::CertificateSettings& files_;
    std::string where_;
    Timestamp now_;
    signing::SignType type_;
    std::vector<Certificate> roots_;
    std::vector<Certificate> issuers_;
    Findings findings_;
};

}  // namespace

Findings check_app_certificates(const config::AppSettings& app, const std::string& where,
                                Timestamp now) {
    if (!app.certificates) return {};
    return CertificateCheck(app, where + "/certificates", now).run();
}

}  // namespace tollgate::gateway
