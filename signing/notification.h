#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "signing/fields.h"
#include "signing/public_key.h"

namespace tollgate::signing {

// What an app's configuration says about Alipay's signatures.
struct NotificationKeys {
    std::vector<PublicKey> alipay;  // Alipay's public key; two while a certificate is renewed.
    SignType sign_type = SignType::rsa2;
};

// Done if one of the keys signed these fields by rule V1 (protocol notes 4.2). `fields` must come
// from decode_form over the raw body and nothing else, all of them.
//
// RSA2 is always accepted; RSA (SHA-1) only for an app configured so, or anyone could choose the
// weaker kind. alipay_cert_sn is tried outside the content first and inside it second, since nobody
// has said which (protocol notes 13.3).
// Errors: unauthenticated with "sign_missing", "sign_type_missing" (a must, protocol notes 4.5),
// "sign_type_not_allowed", "no_alipay_key", or PublicKey::verify's reasons.
Result<Done> verify_notification(const Fields& fields, const NotificationKeys& keys);

// The same by rule V2 (protocol notes 4.3), in which sign_type is covered: messages of life
// accounts and the service market, to the application gateway. Never for money.
Result<Done> verify_notification_v2(const Fields& fields, const NotificationKeys& keys);

// The same by rule V1 for the query of a return_url (protocol notes 4.9), of which only Alipay's
// own names are looked at (is_return_name): shops and frameworks add parameters there. Done vouches
// for those names alone, and is for display only: a return_url never proves a payment.
Result<Done> verify_return(const Fields& query_fields, const NotificationKeys& keys);

// Why a notification did not verify: a stable snake_case code and a sentence that names the cause
// and the cure. Neither repeats a value of the notification.
struct Hint {
    std::string code;
    std::string text;
};

// Tries the mistakes that people are known to make (protocol notes 12) and names the one that would
// have let the notification verify; code "unknown" when none would. For diagnosis only: it never
// makes a notification valid. Slow by design, yet bounded: kHintChecksMax RSA checks, some 10 ms.
// `app_public_key` is the public half of the app's own key, or null.
Hint explain_notification(std::string_view raw_body, const NotificationKeys& keys,
                          const PublicKey* app_public_key);

inline constexpr int kHintChecksMax = 200;

}  // namespace tollgate::signing
