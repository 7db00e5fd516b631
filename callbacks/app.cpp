#include "callbacks/app.h"

#include <optional>

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
        auto private_key = signing::PrivateKey::parse(settings_.private_key.reveal());
        if (!private_key) problem("/private_key", private_key.error().message());
        std::vector<signing::PublicKey> alipay_keys = read_alipay_keys();
        if (!private_key || alipay_keys.size() != settings_.alipay_public_keys.size()) {
            return std::nullopt;
        }
        check_not_mixed_up(*private_key, alipay_keys);
        if (private_key->is_demo() && !on_this_machine(settings_.gateway_url)) {
            problem("/private_key", "is a demo key, but " + settings_.gateway_url +
                                        " is not on this machine: make keys of your own with"
                                        " `tollgate keys new`");
        }
        const auto sign_type = signing::sign_type_from(settings_.sign_type);
        auto public_key = private_key->public_half();
        return App{.id = settings_.id,
                   .app_id = settings_.app_id,
                   .seller_ids = settings_.seller_ids,
                   .gateway_url = settings_.gateway_url,
                   .sign_type = sign_type.value_or(signing::SignType::rsa2),
                   .private_key = *std::move(private_key),
                   .public_key = std::move(public_key),
                   .alipay = {.alipay = std::move(alipay_keys),
                              .sign_type = sign_type.value_or(signing::SignType::rsa2)}};
    }

private:
    std::vector<signing::PublicKey> read_alipay_keys() {
        std::vector<signing::PublicKey> keys;
        for (std::size_t i = 0; i < settings_.alipay_public_keys.size(); ++i) {
            auto key = signing::PublicKey::parse(settings_.alipay_public_keys[i]);
            if (key) {
                keys.push_back(*std::move(key));
            } else {
                problem("/alipay_public_keys/" + std::to_string(i), key.error().message());
            }
        }
        return keys;
    }

    void check_not_mixed_up(const signing::PrivateKey& own,
                            const std::vector<signing::PublicKey>& alipay) {
        for (std::size_t i = 0; i < alipay.size(); ++i) {
            if (!alipay[i].same_as(own.public_half())) continue;
            problem("/alipay_public_keys/" + std::to_string(i),
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

Result<Apps> Apps::from(const std::vector<config::AppSettings>& settings,
                        std::vector<config::Problem>& problems) {
    Apps apps;
    const std::size_t known_before = problems.size();
    for (std::size_t i = 0; i < settings.size(); ++i) {
        if (auto app = AppReader(settings[i], i, problems).read()) {
            apps.apps_.emplace(settings[i].id, *std::move(app));
        }
    }
    if (problems.size() != known_before) {
        return Error(ErrorCode::invalid_argument, "the apps' keys cannot be used");
    }
    return apps;
}

Apps Apps::of(std::vector<App> list) {
    Apps apps;
    for (App& app : list) {
        const std::string id = app.id;
        apps.apps_.emplace(id, std::move(app));
    }
    return apps;
}

const App* Apps::find(std::string_view id) const {
    const auto found = apps_.find(id);
    return found == apps_.end() ? nullptr : &found->second;
}

std::vector<std::string> Apps::ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, unused] : apps_) ids.push_back(id);
    return ids;
}

}  // namespace tollgate::callbacks
