#include "sandbox/app.h"

#include <algorithm>

namespace tollgate::sandbox {

Result<Apps> open_apps(const std::vector<config::SandboxApp>& settings) {
    Apps apps;
    for (const config::SandboxApp& app : settings) {
        auto key = PublicKey::parse(app.app_public_key);
        if (!key) {
            return Error(ErrorCode::invalid_argument,
                         "app_public_key of " + app.app_id + ": " + key.error().message());
        }
        apps.push_back({.app_id = app.app_id,
                        .seller_id = app.seller_id,
                        .name = app.name,
                        .sign_type = sign_type_named(app.sign_type).value_or(SignType::rsa2),
                        .key = *std::move(key),
                        .application_gateway = app.application_gateway});
    }
    return apps;
}

const App* find_app(const Apps& apps, std::string_view app_id) {
    const auto found = std::ranges::find(apps, app_id, &App::app_id);
    return found == apps.end() ? nullptr : &*found;
}

}  // namespace tollgate::sandbox
