#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/settings.h"
#include "signing/certificate.h"
#include "signing/content_cipher.h"
#include "signing/key.h"
#include "signing/notification.h"

namespace tollgate::callbacks {

// Which of Alipay's two gateways is spoken to, where a method has both.
enum class AlipayApi { v2, v3 };

// What an app in certificate mode has beside its keys (protocol notes 5).
struct AppCertificates {
    std::string app_cert_sn;
    std::string alipay_root_cert_sn;
    signing::Certificate app;
    std::vector<signing::Certificate> alipay;  // The i-th is that of App::alipay.alipay's i-th key.
    std::vector<signing::Certificate> issuers;  // Whatever else stood in those files.
    std::vector<signing::Certificate> roots;
};

// What an app wants done with its payments.
struct PaymentRules {
    config::LatePolicy late = config::LatePolicy::hold;
    std::chrono::hours refund_window{365 * 24};
};

// One Alipay application with its keys read and checked. Immutable; shared by all threads.
struct App {
    std::string id;
    std::string app_id;
    std::vector<std::string> seller_ids;  // At least one; the first is the default.
    std::string gateway_url;
    signing::SignType sign_type = signing::SignType::rsa2;
    signing::PrivateKey private_key;
    signing::PublicKey public_key;  // The app's own, the half that Alipay has.
    signing::NotificationKeys alipay;
    AlipayApi api = AlipayApi::v2;
    std::optional<signing::ContentKey> content_key;  // Of content encryption, where it is on.
    std::optional<AppCertificates> certificates;     // Nothing in key mode.
    std::shared_ptr<const Secret> app_auth_token;    // Sent with each call; null: none.
    PaymentRules rules;

    // Alipay's key by the SN of its certificate; nullptr when it is not among ours.
    const signing::PublicKey* alipay_key(std::string_view cert_sn) const;

    // What an answer that names this certificate is checked with: every key of Alipay's in key
    // mode; in certificate mode that certificate's alone, which is none for one that is not ours.
    std::span<const signing::PublicKey> answer_keys(std::string_view cert_sn) const;
};

// The app as it was when it was asked for, however its keys change meanwhile.
using AppRef = std::shared_ptr<const App>;

// Every app, with keys that can be changed while requests are under way: each request goes on with
// the app that it found. Safe from any thread.
class Apps {
public:
    // Every mistake is reported with its place: a key or certificate that cannot be read, the app's
    // own public key where Alipay's belongs (protocol notes 2.3), a certificate of another key or
    // app or without a way to the root file; one seller number in two apps is fine.
    // A demo key together with an address that is not on this machine is refused.
    static Result<Apps> from(std::span<const config::AppSettings> settings,
                             std::vector<config::Problem>& problems);

    // Apps whose keys have been read elsewhere: for simulations.
    static Apps of(std::vector<App> apps);

    // Null when there is none of that id.
    AppRef find(std::string_view id) const;
    std::vector<std::string> ids() const;

    // Takes the place of every app at once. Errors: failed_precondition, naming the app, when the
    // two do not have the same ids and app_ids: that takes a restart.
    Result<Done> replace(const Apps& fresh);
    // Whether replace() would; same errors.
    Result<Done> may_replace(const Apps& fresh) const;

    // The app trusts one more certificate of Alipay's, which has been checked (see
    // gateway/alipay_certificates.h). Errors: not_found; invalid_argument when its key cannot be
    // read or the app is in key mode. One that it has already changes nothing.
    Result<Done> add_alipay_certificate(std::string_view id, const signing::Certificate& fresh);

private:
    struct State;

    explicit Apps(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;  // Copies share it.
};

}  // namespace tollgate::callbacks
