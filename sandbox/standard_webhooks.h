#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// A receiver's side of Standard Webhooks v1, as any order service would write it from the
// specification.
class WebhookVerifier {
public:
    // `secret` is "whsec_" and base64, or the base64 alone. Errors: invalid_argument when it is
    // empty or no base64.
    static Result<WebhookVerifier> open(const Secret& secret);

    // The webhook-id, once id, timestamp and body are proved to come from who holds the secret and
    // the timestamp is at most 300 s away. Errors: unauthenticated, with the reason.
    Result<std::string> verify(const transport::HeaderList& headers, std::string_view body,
                               Timestamp now) const;

private:
    explicit WebhookVerifier(Secret key) : key_(std::move(key)) {}

    Secret key_;
};

}  // namespace tollgate::sandbox
