#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/sandbox_settings.h"
#include "sandbox/content_key.h"
#include "sandbox/rsa.h"

namespace tollgate::sandbox {

struct AlipayCertificate {
    std::string sn;
    std::string file;  // As alipay.open.app.alipaycert.download hands it out.
};

// What an application in certificate mode has beside its key (protocol notes 5).
struct AppCertificates {
    std::string app_cert_sn;
    Timestamp valid_from;  // Of the application's own one.
    Timestamp valid_until;
    std::string root_cert_sn;
    std::vector<AlipayCertificate> alipay;  // In the order in which they come into use.
};

// One application as the pretend Alipay knows it.
struct App {
    std::string app_id;
    std::string seller_id;
    std::string name;
    SignType sign_type = SignType::rsa2;
    PublicKey key;
    std::string application_gateway = {};               // Where messages go; empty: nowhere.
    std::optional<AppCertificates> certificates = {};   // Nothing in key mode.
    std::optional<ContentKey> content_key = {};         // Nothing: content encryption is off.
    std::shared_ptr<const Secret> app_auth_token = {};  // Null: it acts for nobody.
};

using Apps = std::vector<App>;

// `alipay_key` signs for Alipay, whichever certificate is in use. Errors: invalid_argument, naming
// the application and what cannot be read of it, or does not fit that key.
Result<Apps> open_apps(const std::vector<config::SandboxApp>& settings,
                       const PrivateKey& alipay_key);

const App* find_app(const Apps& apps, std::string_view app_id);

}  // namespace tollgate::sandbox
