#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/settings.h"
#include "gateway/doctor/finding.h"

namespace tollgate::gateway {

// The keys of one app, as their texts stand in the settings. `where` is "/apps/0".
// `console_public_key` is the app public key that Alipay's console shows, or empty when nobody has
// looked: only there does it show that another key than ours was uploaded.
Findings check_keys(const config::AppSettings& app, const std::string& where,
                    std::string_view console_public_key);

// The certificates of one app: whose they are, whether they lead to the root file, and how many
// days they have left. Nothing in key mode.
Findings check_app_certificates(const config::AppSettings& app, const std::string& where,
                                Timestamp now);

inline constexpr int kExpiringDays = 30;  // Alipay makes the next certificate so long before.

}  // namespace tollgate::gateway
