#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace tollgate::ledger {

// Where a payment stands. Money-state never moves backwards; every status that is not final has
// somebody who moves it on (design: docs/state-machine.md).
enum class PaymentStatus {
    pending,   // The buyer can pay; no money has come.
    unknown,   // A call to Alipay whose outcome we do not know. Left only by asking.
    closing,   // Being closed: no action is handed out any more, money may still arrive.
    paid,      // Alipay has signed that the money came.
    finished,  // Paid, and too late to refund.
    refunded,  // Paid, and all of it sent back.
    closed,    // The buyer can no longer pay, and no money came.
    failed,    // Alipay refused for good, and has no trade that could still be paid.
};

inline constexpr std::array kPaymentStatuses = {
    PaymentStatus::pending,  PaymentStatus::unknown,  PaymentStatus::closing, PaymentStatus::paid,
    PaymentStatus::finished, PaymentStatus::refunded, PaymentStatus::closed,  PaymentStatus::failed,
};

std::string_view name_of(PaymentStatus status);
std::optional<PaymentStatus> payment_status_from(std::string_view name);

// True when nobody needs to look at it again by himself.
bool is_final(PaymentStatus status);

}  // namespace tollgate::ledger
