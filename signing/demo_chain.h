#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "signing/private_key.h"

namespace tollgate::signing {

struct DemoChainRequest {
    std::string_view app_id;     // Digits.
    std::string_view seller_id;  // 2088 and twelve digits.
    Timestamp valid_from;
};

// What Alipay's console hands out to an app in certificate mode, and what Alipay keeps, both made
// here: to rehearse that mode with the sandbox. Nobody else trusts it.
struct DemoChain {
    PrivateKey app_key;
    std::string app_certificate;  // Each file holds its certificate and then that of the CA.
    PrivateKey alipay_key;
    // Of one key and one subject. The first is in use; the others are what renewals bring.
    std::vector<std::string> alipay_certificates;
    std::string roots;  // One of elliptic curves, which does not count, then the CA's root.
};

// New keys and three certificates of Alipay's, valid from an hour before valid_from for five years;
// takes a second. The keys of root and CA are forgotten, so nothing can be issued later. Errors:
// invalid_argument, naming what is wrong with the request.
Result<DemoChain> make_demo_chain(const DemoChainRequest& request);

}  // namespace tollgate::signing
