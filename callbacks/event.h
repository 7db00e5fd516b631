#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "ledger/endpoint.h"
#include "ledger/payment.h"
#include "ledger/preauthorisation.h"
#include "ledger/records.h"
#include "ledger/refund.h"

namespace tollgate::callbacks {

// The event type that reports the arrival in this status; nothing for statuses that are nobody's
// news (pending, unknown, closing).
std::optional<std::string_view> event_type_of(ledger::PaymentStatus status);

// {"type":…,"timestamp":…,"data":{"payment":{…}}} of the payment as it is now, version included, so
// that a late event can be told from a new one (Standard Webhooks' payload).
ledger::EventRecord payment_event(std::string_view type, const ledger::Payment& payment,
                                  Timestamp now, Entropy& entropy);

inline constexpr std::string_view kRefundSucceeded = "refund.succeeded";
inline constexpr std::string_view kRefundFailed = "refund.failed";

// The refund as it ended, with its payment as it is now.
ledger::EventRecord refund_event(std::string_view type, const ledger::Refund& refund,
                                 const ledger::Payment& payment, Timestamp now, Entropy& entropy);

// The event type that reports the arrival in this status; nothing for those on the way.
std::optional<std::string_view> event_type_of(ledger::PreauthStatus status);

// With the payment, once the confirm has made it.
ledger::EventRecord preauth_event(std::string_view type, const ledger::Preauthorisation& preauth,
                                  const ledger::Payment* payment, Timestamp now, Entropy& entropy);

inline constexpr std::string_view kEndpointDisabled = "endpoint.disabled";

// For one app of an endpoint that was parked by itself.
ledger::EventRecord endpoint_disabled_event(std::string_view app, const ledger::Endpoint& endpoint,
                                            std::string_view reason, Timestamp now,
                                            Entropy& entropy);

inline constexpr std::string_view kEndpointTest = "endpoint.test";

// For this endpoint alone, whatever types it wants. `example`: another event's payload to show, as
// JSON; empty: none.
ledger::EventRecord endpoint_test_event(std::string_view app, const ledger::Endpoint& endpoint,
                                        std::string_view example, Timestamp now, Entropy& entropy);

// difference.opened, with the payment when there is one.
ledger::EventRecord difference_event(const ledger::DifferenceRecord& difference,
                                     const ledger::Payment* payment, Timestamp now,
                                     Entropy& entropy);

// The id of the payment that a payload tells of; empty when it tells of none.
std::string_view payment_in(std::string_view payload);

}  // namespace tollgate::callbacks
