#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/form.h"
#include "sandbox/rsa.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// A notification before it has an id: what it is about and whom it goes to.
struct Notice {
    std::string url;  // Empty: the request named none, so nothing is sent.
    std::string charset = "utf-8";
    SignType sign_type = SignType::rsa2;
    std::string kind = {};     // "paid", "refund", "fund_auth_freeze": what faults are told by.
    std::string out_trade_no;  // Or out_order_no: the number that the merchant knows.
    std::string trade_no;      // Or auth_no: Alipay's.
    std::string about;         // "TRADE_SUCCESS", "fund_auth_freeze": for people.
    // Messages to the application gateway ("FROM Ant", protocol notes 4.10) carry the time in
    // milliseconds as utc_timestamp, notifications in words as notify_time.
    bool is_message = false;
    Fields fields;  // UTF-8: all but notify_id, the time and the signature.
};

// notify_type trade_status_sync for the trade as it is (protocol notes 4.5 and 4.6). With `refund`
// it reports that refund.
Notice trade_notice(const Trade& trade, const Refund* refund = nullptr);

// What signs a notification.
struct NoticeSeal {
    const PrivateKey& key;
    std::string cert_sn = {};  // Empty: no certificate is named.
    bool cert_sn_is_signed = true;
};

// The body that goes out: form-encoded and signed, in the notice's charset. `notify_id` names the
// notification over all its re-sends. Errors: invalid_argument when the charset lacks a character.
Result<std::string> notification_body(const Notice& notice, std::string_view notify_id,
                                      Timestamp notify_time, const NoticeSeal& seal);

// Signed by the rule of notifications and returns ("V1"): sign_type travels but is not signed.
// Errors: as above.
Result<std::string> signed_form(const Fields& fields, std::string_view charset, SignType sign_type,
                                const PrivateKey& key);

}  // namespace tollgate::sandbox
