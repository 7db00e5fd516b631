#include "gateway/example_events.h"

#include "callbacks/event.h"

namespace tollgate::gateway {
namespace {

using ledger::PaymentStatus;

ledger::Payment example_payment(PaymentStatus status, Timestamp now) {
    ledger::Payment payment;
    payment.id = "pay_example";
    payment.app = "example";
    payment.out_trade_no = "EXAMPLE_1";
    payment.seller_id = "2088000000000000";
    payment.status = status;
    payment.version = 2;
    payment.product = "page";
    payment.amount = Money::from_fen(1'000);
    payment.subject = "An example";
    payment.order = "example-1";
    payment.created_at = now;
    payment.updated_at = now;
    payment.expires_at = now + std::chrono::minutes(30);
    const bool is_paid = status == PaymentStatus::paid || status == PaymentStatus::finished ||
                         status == PaymentStatus::refunded;
    if (is_paid) {
        payment.trade_no = "2026000000000000000000000000";
        payment.paid_at = now;
    }
    if (status == PaymentStatus::failed) payment.failure = "an example";
    return payment;
}

ledger::Refund example_refund(bool succeeded, Timestamp now) {
    ledger::Refund refund;
    refund.id = "ref_example";
    refund.out_request_no = "EXAMPLE_1_R1";
    refund.status = succeeded ? ledger::RefundStatus::succeeded : ledger::RefundStatus::failed;
    refund.version = 3;
    refund.amount = Money::from_fen(400);
    refund.created_at = now;
    refund.updated_at = now;
    if (succeeded) refund.refunded_at = now;
    if (!succeeded) refund.failure = "an example";
    return refund;
}

ledger::Preauthorisation example_preauth(ledger::PreauthStatus status, Timestamp now) {
    ledger::Preauthorisation preauth;
    preauth.id = "pre_example";
    preauth.app = "example";
    preauth.out_auth_no = "EXAMPLE_1";
    preauth.seller_id = "2088000000000000";
    preauth.status = status;
    preauth.version = 2;
    preauth.product = "qr";
    preauth.amount = Money::from_fen(1'000);
    preauth.subject = "An example";
    preauth.created_at = now;
    preauth.updated_at = now;
    preauth.expires_at = now + std::chrono::minutes(15);
    if (status == ledger::PreauthStatus::failed) {
        preauth.failure = "an example";
        return preauth;
    }
    preauth.auth_no = "2026000000000000000000000000";
    preauth.frozen_at = now;
    if (status == ledger::PreauthStatus::confirmed) preauth.capture = preauth.amount;
    return preauth;
}

}  // namespace

std::optional<std::string> example_payload(std::string_view type, Timestamp now, Entropy& entropy) {
    for (const PaymentStatus status :
         {PaymentStatus::paid, PaymentStatus::finished, PaymentStatus::refunded,
          PaymentStatus::closed, PaymentStatus::failed}) {
        if (callbacks::event_type_of(status) != type) continue;
        return callbacks::payment_event(type, example_payment(status, now), now, entropy).payload;
    }
    if (type == callbacks::kRefundSucceeded || type == callbacks::kRefundFailed) {
        const bool succeeded = type == callbacks::kRefundSucceeded;
        return callbacks::refund_event(type, example_refund(succeeded, now),
                                       example_payment(PaymentStatus::paid, now), now, entropy)
            .payload;
    }
    for (const ledger::PreauthStatus status : ledger::kPreauthStatuses) {
        if (callbacks::event_type_of(status) != type) continue;
        auto payment = example_payment(PaymentStatus::paid, now);
        payment.product = "preauthorisation";
        const bool is_paid = status == ledger::PreauthStatus::confirmed;
        return callbacks::preauth_event(type, example_preauth(status, now),
                                        is_paid ? &payment : nullptr, now, entropy)
            .payload;
    }
    if (type == "difference.opened") {
        ledger::DifferenceRecord difference;
        difference.id = "dif_example";
        difference.app = "example";
        difference.difference_class = "amount";
        difference.trade_no = "2026000000000000000000000000";
        difference.evidence = R"({"total_amount":"9.99"})";
        difference.opened_at = now;
        const auto payment = example_payment(PaymentStatus::pending, now);
        return callbacks::difference_event(difference, &payment, now, entropy).payload;
    }
    if (type == callbacks::kEndpointDisabled) {
        ledger::Endpoint endpoint;
        endpoint.id = "example";
        endpoint.plan.url = "https://shop.example/events";
        return callbacks::endpoint_disabled_event("example", endpoint, "failing", now, entropy)
            .payload;
    }
    return std::nullopt;
}

}  // namespace tollgate::gateway
