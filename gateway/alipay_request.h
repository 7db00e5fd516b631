#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "gateway/create_request.h"
#include "signing/fields.h"
#include "transport/http_client.h"

namespace tollgate::gateway {

// What every request to Alipay says beside its business (protocol notes 1.2).
struct AlipayRequest {
    const callbacks::App* app = nullptr;
    std::string_view method;
    bool encryptable = true;
    std::string biz_content;     // Empty: none, for the few methods that have `parameters` instead.
    signing::Fields parameters;  // Beside the common ones.
    std::string notify_url;      // Empty: none.
    std::string return_url;      // Empty: none.
    Timestamp now;               // The timestamp that Alipay compares with its own clock.
};

// The common parameters and biz_content, encrypted where the app and the method allow it, signed.
// Errors: internal when OpenSSL fails.
Result<signing::Fields> sign_request(const AlipayRequest& request, Entropy& entropy);

// A request that the buyer's browser or app carries to Alipay (Carrier::browser, Carrier::app).
struct CarriedRequest {
    const callbacks::App* app = nullptr;
    std::string_view method;
    nlohmann::json biz_content;
    std::string notify_url;  // Empty: none.
    std::string return_url;  // Empty: none; of the browser only.
    Timestamp now;
};

// Checks it by its description, then signs it. Errors: invalid_argument, reason "call_not_valid",
// naming every wrong field at once; those of sign_request.
Result<signing::Fields> sign_carried(const CarriedRequest& request, Entropy& entropy);

// The gateway's address with everything in the query: for a redirect (protocol notes 1.5).
std::string page_url(const callbacks::App& app, const signing::Fields& signed_fields);

// A form that submits itself, for what is too long for an address (protocol notes 1.4).
std::string page_form(const callbacks::App& app, const signing::Fields& signed_fields);

// The same pairs without an address, for Alipay's SDK in an app (protocol notes 1.5).
std::string order_string(const signing::Fields& signed_fields);

// A POST with the common parameters, charset above all, in the query and the method's own in the
// body (protocol notes 1.3).
transport::ClientRequest server_call(const callbacks::App& app,
                                     const signing::Fields& signed_fields);

// biz_content of the call that makes this payment. `expires_at` becomes time_expire.
nlohmann::json create_biz_content(const CreateRequest& request, const callbacks::App& app,
                                  std::string_view seller_id, Timestamp expires_at);

}  // namespace tollgate::gateway
