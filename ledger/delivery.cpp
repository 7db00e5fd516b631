#include "ledger/delivery.h"

#include "base/check.h"

namespace tollgate::ledger {

std::string_view name_of(DeliveryStatus status) {
    switch (status) {
        case DeliveryStatus::pending: return "pending";
        case DeliveryStatus::delivered: return "delivered";
        case DeliveryStatus::spent: return "spent";
        case DeliveryStatus::cancelled: return "cancelled";
    }
    TOLLGATE_CHECK(false);
}

std::optional<DeliveryStatus> delivery_status_from(std::string_view name) {
    for (const DeliveryStatus status : {DeliveryStatus::pending, DeliveryStatus::delivered,
                                        DeliveryStatus::spent, DeliveryStatus::cancelled}) {
        if (name_of(status) == name) return status;
    }
    return std::nullopt;
}

}  // namespace tollgate::ledger
