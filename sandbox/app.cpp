#include "sandbox/app.h"

#include <algorithm>

#include "sandbox/certificate.h"

namespace tollgate::sandbox {
namespace {

// Says what of the settings is wrong.
template <typename Value>
Result<Value> named(Result<Value> value, const char* what) {
    if (value) return value;
    return Error(ErrorCode::invalid_argument, std::string(what) + ": " + value.error().message());
}

bool is_pair(const PublicKey& key, const PrivateKey& private_key) {
    const auto sign = private_key.sign("pair", SignType::rsa2);
    return sign && key.verify("pair", *sign, SignType::rsa2);
}

Result<AlipayCertificate> read_alipay(const std::string& file, const PrivateKey& alipay_key) {
    TOLLGATE_TRY(const auto certificates, read_certificates(file));
    TOLLGATE_TRY(const PublicKey key, PublicKey::parse(certificates.front().public_key));
    if (!is_pair(key, alipay_key)) {
        return Error(ErrorCode::invalid_argument, "is not the certificate of alipay/private_key");
    }
    return AlipayCertificate{.sn = certificates.front().sn, .file = file};
}

std::shared_ptr<const Secret> token_of(const config::SandboxApp& settings) {
    if (settings.app_auth_token.empty()) return nullptr;
    return std::make_shared<const Secret>(settings.app_auth_token.clone());
}

Result<App> open_app(const config::SandboxApp& settings, const PrivateKey& alipay_key) {
    std::string key_text = settings.app_public_key;
    std::optional<AppCertificates> certificates;
    if (settings.certificates) {
        const config::SandboxCertificates& files = *settings.certificates;
        TOLLGATE_TRY(const auto app, named(read_certificates(files.app), "certificates/app"));
        TOLLGATE_TRY(const auto roots, named(read_certificates(files.root), "certificates/root"));
        key_text = app.front().public_key;
        certificates = {.app_cert_sn = app.front().sn,
                        .valid_from = app.front().valid_from,
                        .valid_until = app.front().valid_until,
                        .root_cert_sn = root_cert_sn(roots),
                        .alipay = {}};
        for (const std::string& file : files.alipay) {
            TOLLGATE_TRY(auto alipay, named(read_alipay(file, alipay_key), "certificates/alipay"));
            certificates->alipay.push_back(std::move(alipay));
        }
    }
    std::optional<ContentKey> content_key;
    if (!settings.encrypt_key.empty()) {
        TOLLGATE_TRY(content_key,
                     named(ContentKey::parse(settings.encrypt_key.reveal()), "encrypt_key"));
    }
    TOLLGATE_TRY(auto key, named(PublicKey::parse(key_text),
                                 settings.certificates ? "certificates/app" : "app_public_key"));
    return App{.app_id = settings.app_id,
               .seller_id = settings.seller_id,
               .name = settings.name,
               .sign_type = sign_type_named(settings.sign_type).value_or(SignType::rsa2),
               .key = std::move(key),
               .application_gateway = settings.application_gateway,
               .certificates = std::move(certificates),
               .content_key = std::move(content_key),
               .app_auth_token = token_of(settings)};
}

}  // namespace

Result<Apps> open_apps(const std::vector<config::SandboxApp>& settings,
                       const PrivateKey& alipay_key) {
    Apps apps;
    for (const config::SandboxApp& one : settings) {
        auto app = open_app(one, alipay_key);
        if (!app) {
            return Error(ErrorCode::invalid_argument,
                         "app " + one.app_id + ": " + app.error().message());
        }
        apps.push_back(*std::move(app));
    }
    return apps;
}

const App* find_app(const Apps& apps, std::string_view app_id) {
    const auto found = std::ranges::find(apps, app_id, &App::app_id);
    return found == apps.end() ? nullptr : &*found;
}

}  // namespace tollgate::sandbox
