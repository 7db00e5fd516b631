#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "signing/key.h"
#include "signing/notification.h"

namespace tollgate::callbacks {

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
};

class Apps {
public:
    // Every mistake is reported with its place: a key that cannot be read, the app's own public key
    // where Alipay's belongs (protocol notes 2.3), one seller number in two apps is fine.
    // A demo key together with an address that is not on this machine is refused.
    static Result<Apps> from(const std::vector<config::AppSettings>& settings,
                             std::vector<config::Problem>& problems);

    // Apps whose keys have been read elsewhere: for simulations.
    static Apps of(std::vector<App> apps);

    // nullptr when there is none of that id.
    const App* find(std::string_view id) const;
    std::vector<std::string> ids() const;

private:
    std::map<std::string, App, std::less<>> apps_;
};

}  // namespace tollgate::callbacks
