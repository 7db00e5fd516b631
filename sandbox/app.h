#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/sandbox_settings.h"
#include "sandbox/rsa.h"

namespace tollgate::sandbox {

// One application as the pretend Alipay knows it.
struct App {
    std::string app_id;
    std::string seller_id;
    std::string name;
    SignType sign_type = SignType::rsa2;
    PublicKey key;
    std::string application_gateway = {};  // Where messages go; empty: nowhere.
};

using Apps = std::vector<App>;

// Errors: invalid_argument, naming the application whose key cannot be read.
Result<Apps> open_apps(const std::vector<config::SandboxApp>& settings);

const App* find_app(const Apps& apps, std::string_view app_id);

}  // namespace tollgate::sandbox
