#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/settings.h"
#include "gateway/doctor/finding.h"

namespace tollgate::gateway {

// Whether app, keys and gateway_url belong to one world: Alipay's, its sandbox's, or this
// machine's.
Findings check_gateway_address(const config::AppSettings& app, const std::string& where);

// Whether Alipay can reach the address that an app's notifications go to. Mistakes do no harm while
// every app's gateway is on this machine, and then only warn.
Findings check_notify_address(const config::Settings& settings);

// Our clock against the Date header of an answer; nothing when it has none that can be read. Alipay
// refuses timestamps that are far off, by v3's rule more than ten minutes.
std::optional<Finding> check_clock(Timestamp ours, std::string_view date_header);

}  // namespace tollgate::gateway
