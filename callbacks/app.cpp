#include "callbacks/app.h"

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

namespace tollgate::callbacks {
namespace {

bool on_this_machine(std::string_view url) {
    const auto rest = url.substr(url.find("://") + 3);
    const bool bracketed = rest.starts_with('[');
    const auto host = rest.substr(0, bracketed ? rest.find(']') + 1 : rest.find_first_of(":/"));
    const bool loopback_number =
        host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
    return loopback_number || host == "localhost" || host == "[::1]";
}

class AppReader {
public:
    AppReader(const config::AppSettings& settings, std::size_t index,
              std::vector<config::Problem>& problems)
        : settings_(settings), path_("/apps/" + std::to_string(index)), problems_(problems) {}

    std::optional<App> read() {
        const auto sign_type =
            signing::sign_type_from(settings_.sign_type).value_or(signing::SignType::rsa2);
        auto private_key =
            signing::PrivateKey::parse_for(sign_type, settings_.private_key.reveal());
        if (!private_key) problem("/private_key", private_key.error().message());
        signing::NotificationKeys alipay{.alipay = {}, .sign_type = sign_type};
        const std::size_t known_before = problems_.size();
        auto certificates = read_certificates(alipay);
        if (!settings_.certificates) read_alipay_keys(alipay);
        if (!private_key || problems_.size() != known_before) return std::nullopt;
        check_not_mixed_up(*private_key, alipay.alipay);
        if (certificates) check_certificates(*certificates, *private_key);
        if (private_key->is_demo() && !on_this_machine(settings_.gateway_url)) {
            problem("/private_key", "is a demo key, but " + settings_.gateway_url +
                                        " is not on this machine: make keys of your own with"
                                        " `tollgate keys new`");
        }
        auto content_key = read_content_key();
        auto public_key = private_key->public_half();
        return App{
            .id = settings_.id,
            .app_id = settings_.app_id,
            .seller_ids = settings_.seller_ids,
            .gateway_url = settings_.gateway_url,
            .sign_type = sign_type,
            .private_key = *std::move(private_key),
            .public_key = std::move(public_key),
            .alipay = std::move(alipay),
            .api = settings_.api == "v3" ? AlipayApi::v3 : AlipayApi::v2,
            .content_key = std::move(content_key),
            .certificates = std::move(certificates),
            .app_auth_token = read_app_auth_token(),
            .rules = {.late = settings_.late_policy, .refund_window = settings_.refund_window}};
    }

private:
    std::optional<signing::ContentKey> read_content_key() {
        if (settings_.encrypt_key.reveal().empty()) return std::nullopt;
        const auto type = signing::encrypt_type_from(settings_.encrypt_type);
        auto key = signing::ContentKey::parse(settings_.encrypt_key.reveal(),
                                              type.value_or(signing::EncryptType::aes));
        if (key) return *std::move(key);
        problem("/encrypt_key", key.error().message());
        return std::nullopt;
    }

    std::shared_ptr<const Secret> read_app_auth_token() const {
        if (settings_.app_auth_token.empty()) return nullptr;
        return std::make_shared<const Secret>(settings_.app_auth_token.clone());
    }

    void read_alipay_keys(signing::NotificationKeys& into) {
        for (std::size_t i = 0; i < settings_.alipay_public_keys.size(); ++i) {
            auto key =
                signing::PublicKey::parse_for(into.sign_type, settings_.alipay_public_keys[i]);
            if (key) {
                into.alipay.push_back(*std::move(key));
            } else {
                problem("/alipay_public_keys/" + std::to_string(i), key.error().message());
            }
        }
    }

    std::vector<signing::Certificate> read_file(const std::string& text, const std::string& where) {
        auto certificates = signing::Certificate::parse_all(text);
        if (certificates) return *std::move(certificates);
        problem("/certificates" + where, certificates.error().message());
        return {};
    }

    // The first certificate of each of Alipay's files is Alipay's, the others are its issuers'.
    std::optional<AppCertificates> read_certificates(signing::NotificationKeys& keys) {
        if (!settings_.certificates) return std::nullopt;
        const config::CertificateSettings& files = *settings_.certificates;
        const auto app = read_file(files.app, "/app");
        auto roots = read_file(files.root, "/root");
        std::vector<signing::Certificate> alipay;
        std::vector<signing::Certificate> issuers;
        for (std::size_t i = 0; i < files.alipay.size(); ++i) {
            const std::string where = "/alipay/" + std::to_string(i);
            const auto file = read_file(files.alipay[i], where);
            if (file.empty()) continue;
            auto key = file.front().public_key(keys.sign_type);
            if (!key) {
                problem("/certificates" + where, key.error().message());
                continue;
            }
            keys.alipay.push_back(*std::move(key));
            alipay.push_back(file.front());
            issuers.insert(issuers.end(), file.begin() + 1, file.end());
        }
        if (app.empty() || roots.empty() || alipay.size() != files.alipay.size()) {
            return std::nullopt;
        }
        issuers.insert(issuers.end(), app.begin() + 1, app.end());
        return AppCertificates{.app_cert_sn = app.front().sn(),
                               .alipay_root_cert_sn = root_cert_sn(roots, keys.sign_type),
                               .app = app.front(),
                               .alipay = std::move(alipay),
                               .issuers = std::move(issuers),
                               .roots = std::move(roots)};
    }

    // Dates are no matter of the settings, which may be read at any time: `doctor` looks at them.
    void check_certificates(const AppCertificates& certificates, const signing::PrivateKey& own) {
        const auto app_key = certificates.app.public_key(
            signing::sign_type_from(settings_.sign_type).value_or(signing::SignType::rsa2));
        if (!app_key) {
            problem("/certificates/app", app_key.error().message());
        } else if (!app_key->same_as(own.public_half())) {
            problem("/certificates/app", "is not the certificate of private_key");
        }
        const std::string& name = certificates.app.common_name();
        const std::string of = name.substr(name.rfind('-') + 1);  // "2088…-<app_id>"
        const bool names_an_app = of.size() != name.size() && !of.empty() &&
                                  of.find_first_not_of("0123456789") == std::string::npos;
        if (names_an_app && of != settings_.app_id) {
            problem("/certificates/app", "is the certificate of app " + of + ", not of app_id");
        }
        if (certificates.alipay_root_cert_sn.empty()) {
            problem("/certificates/root", "holds no root certificate that counts for sign_type");
        }
        for (std::size_t i = 0; i < certificates.alipay.size(); ++i) {
            const auto trusted =
                check_signatures(certificates.alipay[i],
                                 {.issuers = certificates.issuers, .roots = certificates.roots});
            if (trusted) continue;
            problem("/certificates/alipay/" + std::to_string(i), trusted.error().message());
        }
    }

    void check_not_mixed_up(const signing::PrivateKey& own,
                            const std::vector<signing::PublicKey>& alipay) {
        for (std::size_t i = 0; i < alipay.size(); ++i) {
            if (!alipay[i].same_as(own.public_half())) continue;
            problem((settings_.certificates ? "/certificates/alipay/" : "/alipay_public_keys/") +
                        std::to_string(i),
                    "is the app's own public key; Alipay's is needed (the console shows both)");
        }
    }

    void problem(const std::string& where, std::string what) {
        problems_.push_back({.where = path_ + where, .what = std::move(what)});
    }

    const config::AppSettings& settings_;
    std::string path_;
    std::vector<config::Problem>& problems_;
};

}  // namespace

const signing::PublicKey* App::alipay_key(std::string_view cert_sn) const {
    if (!certificates) return nullptr;
    for (std::size_t i = 0; i < certificates->alipay.size(); ++i) {
        if (certificates->alipay[i].sn() == cert_sn) return &alipay.alipay[i];
    }
    return nullptr;
}

std::span<const signing::PublicKey> App::answer_keys(std::string_view cert_sn) const {
    if (!certificates) return alipay.alipay;
    const signing::PublicKey* const key = alipay_key(cert_sn);
    if (key == nullptr) return {};
    return {key, 1};
}

// Readers take the map that is current; it is never changed, only replaced.
struct Apps::State {
    using Map = std::map<std::string, AppRef, std::less<>>;

    std::atomic<std::shared_ptr<const Map>> current;
    std::mutex changing;  // Only for those who replace it.
};

Result<Apps> Apps::from(std::span<const config::AppSettings> settings,
                        std::vector<config::Problem>& problems) {
    auto apps = std::make_shared<State::Map>();
    const std::size_t known_before = problems.size();
    for (std::size_t i = 0; i < settings.size(); ++i) {
        if (auto app = AppReader(settings[i], i, problems).read()) {
            apps->emplace(settings[i].id, std::make_shared<const App>(*std::move(app)));
        }
    }
    if (problems.size() != known_before) {
        return Error(ErrorCode::invalid_argument, "the apps' keys cannot be used");
    }
    auto state = std::make_shared<State>();
    state->current = std::move(apps);
    return Apps(std::move(state));
}

Apps Apps::of(std::vector<App> list) {
    auto apps = std::make_shared<State::Map>();
    for (App& app : list) {
        const std::string id = app.id;
        apps->emplace(id, std::make_shared<const App>(std::move(app)));
    }
    auto state = std::make_shared<State>();
    state->current = std::move(apps);
    return Apps(std::move(state));
}

AppRef Apps::find(std::string_view id) const {
    const auto apps = state_->current.load();
    const auto found = apps->find(id);
    return found == apps->end() ? nullptr : found->second;
}

std::vector<std::string> Apps::ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, unused] : *state_->current.load()) ids.push_back(id);
    return ids;
}

Result<Done> Apps::may_replace(const Apps& fresh) const {
    const auto before = state_->current.load();
    const auto after = fresh.state_->current.load();
    for (const auto& [id, app] : *before) {
        const auto found = after->find(id);
        if (found == after->end() || found->second->app_id != app->app_id) {
            return Error(ErrorCode::failed_precondition,
                         "app " + id + " is gone or has another app_id: that takes a restart");
        }
    }
    if (before->size() != after->size()) {
        return Error(ErrorCode::failed_precondition, "there is a new app: that takes a restart");
    }
    return Done{};
}

Result<Done> Apps::replace(const Apps& fresh) {
    const std::lock_guard lock(state_->changing);
    TOLLGATE_DO(may_replace(fresh));
    state_->current = fresh.state_->current.load();
    return Done{};
}

Result<Done> Apps::add_alipay_certificate(std::string_view id, const signing::Certificate& fresh) {
    const std::lock_guard lock(state_->changing);
    auto apps = std::make_shared<State::Map>(*state_->current.load());
    const auto found = apps->find(id);
    if (found == apps->end()) return Error(ErrorCode::not_found, "there is no such app");
    const App& before = *found->second;
    if (!before.certificates) {
        return Error(ErrorCode::invalid_argument, "the app is not in certificate mode");
    }
    if (before.alipay_key(fresh.sn()) != nullptr) return Done{};
    TOLLGATE_TRY(auto key, fresh.public_key(before.sign_type));
    App after = before;
    after.alipay.alipay.push_back(std::move(key));
    after.certificates->alipay.push_back(fresh);
    found->second = std::make_shared<const App>(std::move(after));
    state_->current = std::move(apps);
    return Done{};
}

}  // namespace tollgate::callbacks
