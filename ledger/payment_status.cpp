#include "ledger/payment_status.h"

#include "base/check.h"

namespace tollgate::ledger {

std::string_view name_of(PaymentStatus status) {
    switch (status) {
        case PaymentStatus::pending: return "pending";
        case PaymentStatus::unknown: return "unknown";
        case PaymentStatus::closing: return "closing";
        case PaymentStatus::paid: return "paid";
        case PaymentStatus::finished: return "finished";
        case PaymentStatus::refunded: return "refunded";
        case PaymentStatus::closed: return "closed";
        case PaymentStatus::failed: return "failed";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<PaymentStatus> payment_status_from(std::string_view name) {
    for (const PaymentStatus status : kPaymentStatuses) {
        if (name_of(status) == name) return status;
    }
    return std::nullopt;
}

bool is_final(PaymentStatus status) {
    switch (status) {
        case PaymentStatus::pending:
        case PaymentStatus::unknown:
        case PaymentStatus::closing:
        case PaymentStatus::paid: return false;  // Until it is refunded, or too late for that.
        case PaymentStatus::finished:
        case PaymentStatus::refunded:
        case PaymentStatus::closed:
        case PaymentStatus::failed: return true;
    }
    TOLLGATE_CHECK(false);
    return false;
}

}  // namespace tollgate::ledger
