#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "gateway/alipay/answer.h"
#include "gateway/alipay/method.h"
#include "transport/http_client.h"

namespace tollgate::gateway {

// Whether this method of this app goes over API v3. Methods without a v3 path stay on v2.
bool goes_over_v3(const callbacks::App& app, const Method& method);

// One call of API v3 (protocol notes 7): the signature stands in a header, the fields in a JSON
// body or, of a GET, in the query. All must outlive the function only.
struct V3Call {
    const callbacks::App& app;
    const Method& method;
    const nlohmann::json& fields;
    std::string notify_url;  // Empty: none.
    Timestamp now;
};

// Signed and, where the app has a content key, encrypted. Errors: those of signing's v3.
Result<transport::ClientRequest> v3_request(const V3Call& call, Entropy& entropy);

// As read_answer. The codes are put into v2's words, so that nobody has to know which way a call
// went: 10000 for a success, 10003 for 202, 40005 for 429, 20000 for 5xx, 40004 for what else
// fails. Alipay does not sign v3's failures, and unsigned they prove nothing.
Result<AlipayAnswer> read_v3_answer(const transport::ClientReply& reply, const Method& method,
                                    const nlohmann::json& asked, const callbacks::App& app);

}  // namespace tollgate::gateway
