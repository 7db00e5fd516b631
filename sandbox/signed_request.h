#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/app.h"
#include "sandbox/form.h"
#include "sandbox/json.h"

namespace tollgate::sandbox {

struct Method;

// A request to gateway.do whose signature has been proved.
struct SignedRequest {
    const App* app = nullptr;
    const Method* method = nullptr;
    std::string charset;  // As sent.
    SignType sign_type = SignType::rsa2;
    Timestamp timestamp;
    Fields fields;              // UTF-8, whatever the charset of the wire.
    Json biz = Json::object();  // biz_content.
    // How it was encrypted, and so is the answer (protocol notes 6); nothing: it was not.
    std::optional<EncryptType> encrypted = {};
};

// What stands on the wire, before anything about it is known.
struct RawRequest {
    std::string_view query;
    std::string_view body;  // Empty for GET and for an app's order string.
};

// What is known of a refused request, so that the answer can take the right shape.
struct RequestOutline {
    std::string method;  // Known to us; else empty: the node is error_response.
    std::string app_id;  // Of an application that we know.
    std::string charset = "utf-8";
    bool signature_proved = false;  // Only then is the answer signed.
    SignType sign_type = SignType::rsa2;
};

// Judges requests as strictly as Alipay does (protocol notes 1 and 2). Immutable after it is made;
// safe to use from several threads.
class RequestJudge {
public:
    RequestJudge(const Apps& apps, PublicKey alipay_key)
        : apps_(apps), alipay_key_(std::move(alipay_key)) {}

    // The request, or a refusal in Alipay's words (sandbox/refusal.h). `outline` is filled as far
    // as the request was understood.
    Result<SignedRequest> judge(const RawRequest& raw, Timestamp now,
                                RequestOutline& outline) const;

private:
    Result<Done> check_signature(const Fields& fields, const SignedRequest& request) const;

    const Apps& apps_;
    PublicKey alipay_key_;
};

}  // namespace tollgate::sandbox
