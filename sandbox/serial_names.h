#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/app.h"

namespace tollgate::sandbox {

// What a request says of certificates: in v2 two parameters, in v3 a part of Authorization and a
// header. Empty: not said.
struct SerialNames {
    std::string_view app_cert_sn;
    std::string_view alipay_root_cert_sn;
};

// Whether they are those of the application, whose certificate must be valid (protocol notes 5.3);
// an application in key mode has none. Refusals in Alipay's words.
Result<Done> check_serial_names(const SerialNames& names, const App& app, Timestamp now);

}  // namespace tollgate::sandbox
