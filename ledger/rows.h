#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "ledger/books.h"

// How rows become structs: the same for every engine, whose row types read columns by the same
// names. Each list of columns stands beside the function that takes them, in its order.
namespace tollgate::ledger {

inline std::optional<std::int64_t> ms_of(const std::optional<Timestamp>& at) {
    return at ? std::optional(at->ms) : std::nullopt;
}

// What a reader of rows makes of one: what it gives, or what the Result that it gives holds.
template <typename T>
struct Unwrapped {
    using type = T;
};
template <typename T>
struct Unwrapped<Result<T>> {
    using type = T;
};
template <typename Read, typename Row>
using RecordOf = typename Unwrapped<std::invoke_result_t<Read, const Row&>>::type;

template <typename Row>
std::optional<Timestamp> optional_time(const Row& row, int column) {
    const auto ms = row.optional_integer(column);
    return ms ? std::optional(Timestamp{*ms}) : std::nullopt;
}

// Where the delivery of an event to an endpoint stands: an endpoint's stand together, in the order
// of their events.
inline constexpr RowId kEventsMax = RowId{1} << 40;
constexpr RowId delivery_row(RowId endpoint, RowId event) {
    return endpoint * kEventsMax + event;
}

// Whether a query asks for given up ones alone, which have an index of their own.
inline bool only_given_up(const std::vector<DeliveryStatus>& statuses) {
    return !statuses.empty() && std::ranges::all_of(statuses, [](DeliveryStatus status) {
        return status == DeliveryStatus::spent || status == DeliveryStatus::cancelled;
    });
}

// What a change makes of a payment: the next version.
Payment changed(const Payment& payment, const PaymentChange& change, Timestamp now);

// A list of names in one text column: one a line. No name holds a line end.
std::string join_lines(const std::vector<std::string>& names);
std::vector<std::string> split_lines(std::string_view text);

// --- payments ------------------------------------------------------------------------------------

inline constexpr const char* kPaymentColumns =
    "id, payment_id, app, out_trade_no, seller_id, status, version, product, amount_fen, subject,"
    " order_no, metadata, trade_no, created_ms, updated_ms, expires_ms, paid_ms, next_sweep_ms,"
    " calling_until_ms, late, surplus, held, close_requested, failure, cancelling";
template <typename Row>
Result<Payment> read_payment(const Row& row) {
    const auto status = payment_status_from(row.view(5));
    if (!status) return Error(ErrorCode::data_corruption, "a payment has no known status");
    Payment payment;
    payment.row = row.integer(0);
    payment.id = row.text(1);
    payment.app = row.text(2);
    payment.out_trade_no = row.text(3);
    payment.seller_id = row.text(4);
    payment.status = *status;
    payment.version = row.integer(6);
    payment.product = row.text(7);
    payment.amount = Money::from_fen(row.integer(8));
    payment.subject = row.text(9);
    payment.order = row.optional_text(10);
    payment.metadata = row.optional_text(11);
    payment.trade_no = row.optional_text(12);
    payment.created_at = {row.integer(13)};
    payment.updated_at = {row.integer(14)};
    payment.expires_at = {row.integer(15)};
    payment.paid_at = optional_time(row, 16);
    payment.next_sweep_at = optional_time(row, 17);
    payment.calling_until = optional_time(row, 18);
    payment.late = row.integer(19) != 0;
    payment.surplus = row.integer(20) != 0;
    payment.held = row.integer(21) != 0;
    payment.close_requested = row.integer(22) != 0;
    payment.failure = row.optional_text(23);
    payment.cancelling = row.integer(24) != 0;
    return payment;
}

// version, from_status, to_status, cause, cause_id, request_id, at_ms.
template <typename Row>
TransitionRecord read_transition(const Row& row) {
    return {.version = row.integer(0),
            .from = row.optional_text(1),
            .to = row.text(2),
            .cause = row.text(3),
            .cause_id = row.text(4),
            .request_id = row.text(5),
            .at = {row.integer(6)}};
}

inline constexpr const char* kDifferenceColumns =
    "d.id, d.difference_id, d.app, d.class, d.trade_no, d.payment, coalesce(p.payment_id, ''),"
    " d.evidence, d.status, d.settlement, d.opened_ms, d.settled_ms";
template <typename Row>
DifferenceView read_difference(const Row& row) {
    return {.row = row.integer(0),
            .id = row.text(1),
            .app = row.text(2),
            .difference_class = row.text(3),
            .trade_no = row.text(4),
            .payment = row.optional_integer(5),
            .payment_id = row.text(6),
            .evidence = row.text(7),
            .open = row.view(8) == "open",
            .settlement = row.optional_text(9),
            .opened_at = {row.integer(10)},
            .settled_at = optional_time(row, 11)};
}

// --- refunds and pre-authorisations --------------------------------------------------------------

inline constexpr const char* kRefundColumns =
    "id, refund_id, payment, out_request_no, status, version, amount_fen, origin, reason,"
    " created_ms, updated_ms, next_sweep_ms, calling_until_ms, open_call, ambiguous, attempts,"
    " last_attempt_ms, empty_queries, first_empty_ms, query_next, failure, refunded_ms,"
    " deposit_back";
template <typename Row>
Result<Refund> read_refund(const Row& row) {
    const auto status = refund_status_from(row.view(4));
    const auto origin = refund_origin_from(row.view(7));
    if (!status || !origin) {
        return Error(ErrorCode::data_corruption, "a refund has no known status or origin");
    }
    Refund refund;
    refund.row = row.integer(0);
    refund.id = row.text(1);
    refund.payment = row.integer(2);
    refund.out_request_no = row.text(3);
    refund.status = *status;
    refund.version = row.integer(5);
    refund.amount = Money::from_fen(row.integer(6));
    refund.origin = *origin;
    refund.reason = row.optional_text(8);
    refund.created_at = {row.integer(9)};
    refund.updated_at = {row.integer(10)};
    refund.next_sweep_at = optional_time(row, 11);
    refund.calling_until = optional_time(row, 12);
    refund.proof = {.open_call = row.integer(13) != 0,
                    .ambiguous = row.integer(14) != 0,
                    .attempts = row.integer(15),
                    .last_attempt_at = optional_time(row, 16),
                    .empty_queries = row.integer(17),
                    .first_empty_at = optional_time(row, 18),
                    .query_next = row.integer(19) != 0};
    refund.failure = row.optional_text(20);
    refund.refunded_at = optional_time(row, 21);
    refund.deposit_back = row.optional_text(22);
    return refund;
}

inline constexpr const char* kPreauthColumns =
    "id, preauthorisation_id, app, out_auth_no, seller_id, status, version, product, amount_fen,"
    " subject, fingerprint, action, capture_fen, auth_no, payer_id, payment, created_ms,"
    " updated_ms, expires_ms, frozen_ms, next_sweep_ms, calling_until_ms, ask_next, refused,"
    " attempts, failure";
template <typename Row>
Result<Preauthorisation> read_preauth(const Row& row) {
    const auto status = preauth_status_from(row.view(5));
    if (!status) {
        return Error(ErrorCode::data_corruption, "a pre-authorisation has no known status");
    }
    Preauthorisation preauth;
    preauth.row = row.integer(0);
    preauth.id = row.text(1);
    preauth.app = row.text(2);
    preauth.out_auth_no = row.text(3);
    preauth.seller_id = row.text(4);
    preauth.status = *status;
    preauth.version = row.integer(6);
    preauth.product = row.text(7);
    preauth.amount = Money::from_fen(row.integer(8));
    preauth.subject = row.text(9);
    preauth.fingerprint = row.text(10);
    preauth.action = row.optional_text(11);
    if (const auto fen = row.optional_integer(12)) preauth.capture = Money::from_fen(*fen);
    preauth.auth_no = row.optional_text(13);
    preauth.payer_id = row.optional_text(14);
    preauth.payment = row.optional_integer(15);
    preauth.created_at = {row.integer(16)};
    preauth.updated_at = {row.integer(17)};
    preauth.expires_at = {row.integer(18)};
    preauth.frozen_at = optional_time(row, 19);
    preauth.next_sweep_at = optional_time(row, 20);
    preauth.calling_until = optional_time(row, 21);
    preauth.ask_next = row.integer(22) != 0;
    preauth.refused = row.integer(23) != 0;
    preauth.attempts = row.integer(24);
    preauth.failure = row.optional_text(25);
    return preauth;
}

// --- comparisons ---------------------------------------------------------------------------------

inline constexpr const char* kPaymentLineColumns =
    "id, app, out_trade_no, status, amount_fen, trade_no, created_ms, updated_ms, paid_ms";
template <typename Row>
Result<PaymentLine> read_payment_line(const Row& row) {
    const auto status = payment_status_from(row.view(3));
    if (!status) return Error(ErrorCode::data_corruption, "a payment has no known status");
    return PaymentLine{.row = row.integer(0),
                       .app = row.text(1),
                       .out_trade_no = row.text(2),
                       .status = *status,
                       .amount = Money::from_fen(row.integer(4)),
                       .trade_no = row.optional_text(5),
                       .created_at = {row.integer(6)},
                       .updated_at = {row.integer(7)},
                       .paid_at = optional_time(row, 8)};
}

inline constexpr const char* kRefundLineColumns =
    "r.id, r.payment, p.app, p.out_trade_no, p.trade_no, r.out_request_no, r.status, r.origin,"
    " r.amount_fen, COALESCE(r.refunded_ms, r.updated_ms)";
template <typename Row>
RefundLine read_refund_line(const Row& row) {
    return {.row = row.integer(0),
            .payment = row.integer(1),
            .app = row.text(2),
            .out_trade_no = row.text(3),
            .trade_no = row.optional_text(4),
            .out_request_no = row.text(5),
            .status = row.text(6),
            .origin = row.text(7),
            .amount = Money::from_fen(row.integer(8)),
            .refunded_at = {row.integer(9)}};
}

// payment, refund, seller_id, ledger_date, bill_date, status.
template <typename Row>
DayBoundary read_boundary(const Row& row) {
    DayBoundary boundary{.payment = row.integer(0),
                         .refund = row.integer(1),
                         .ledger_day = {.seller_id = row.text(2), .date = row.text(3)},
                         .bill_date = row.optional_text(4)};
    for (const auto status :
         {DayBoundary::Status::kept, DayBoundary::Status::settled, DayBoundary::Status::opened}) {
        if (name_of(status) == row.view(5)) boundary.status = status;
    }
    return boundary;
}

// id, reconciliation_id, status, bill_sha256, runs, repaired, opened, summary, failure, started_ms,
// finished_ms.
template <typename Row>
Reconciliation read_reconciliation(const Row& row, const BillDay& day) {
    Reconciliation reconciliation{.row = row.integer(0),
                                  .id = row.text(1),
                                  .day = day,
                                  .bill_sha256 = row.optional_text(3),
                                  .runs = row.integer(4),
                                  .repaired = row.integer(5),
                                  .opened = row.integer(6),
                                  .summary = row.optional_text(7),
                                  .failure = row.optional_text(8),
                                  .started_at = {row.integer(9)},
                                  .finished_at = optional_time(row, 10)};
    for (const auto status : {ReconciliationStatus::running, ReconciliationStatus::complete,
                              ReconciliationStatus::failed}) {
        if (name_of(status) == row.view(2)) reconciliation.status = status;
    }
    return reconciliation;
}

// --- the way out ---------------------------------------------------------------------------------

inline constexpr const char* kEndpointColumns =
    "id, endpoint_id, origin, url, description, apps, event_types, rules, status, parked_reason,"
    " parked_ms, failing_since_ms, open_until_ms, openings, backlog_to, version, created_ms,"
    " updated_ms";
template <typename Row>
Result<Endpoint> read_endpoint(const Row& row) {
    Endpoint endpoint;
    endpoint.row = row.integer(0);
    endpoint.id = row.text(1);
    endpoint.origin = row.view(2) == "api" ? EndpointOrigin::api : EndpointOrigin::config;
    endpoint.plan = {.url = row.text(3),
                     .description = row.text(4),
                     .apps = split_lines(row.view(5)),
                     .event_types = split_lines(row.view(6)),
                     .rules = row.text(7)};
    const std::string_view status = row.view(8);
    bool known = false;
    for (const EndpointStatus candidate :
         {EndpointStatus::enabled, EndpointStatus::parked, EndpointStatus::removed}) {
        if (name_of(candidate) != status) continue;
        endpoint.status = candidate;
        known = true;
    }
    if (!known) return Error(ErrorCode::data_corruption, "an endpoint has no known status");
    endpoint.parked_reason = row.optional_text(9);
    endpoint.parked_at = optional_time(row, 10);
    endpoint.health = {.failing_since = optional_time(row, 11),
                       .open_until = optional_time(row, 12),
                       .openings = row.integer(13)};
    endpoint.backlog_to = row.integer(14);
    endpoint.version = row.integer(15);
    endpoint.created_at = {row.integer(16)};
    endpoint.updated_at = {row.integer(17)};
    return endpoint;
}

// row, event_id, app, type, payment, payload, created_ms, only_endpoint.
template <typename Row>
UnpublishedEvent read_unpublished(const Row& row) {
    return {.row = row.integer(0),
            .id = row.text(1),
            .app = row.text(2),
            .type = row.text(3),
            .payment = row.optional_integer(4),
            .payload = row.text(5),
            .created_at = {row.integer(6)},
            .only_endpoint = row.optional_integer(7)};
}

// row, event_id, app, type, payload, created_ms, publication.
template <typename Row>
EventView read_event(const Row& row) {
    return {.row = row.integer(0),
            .id = row.text(1),
            .app = row.text(2),
            .type = row.text(3),
            .payload = row.text(4),
            .created_at = {row.integer(5)},
            .publication = row.optional_integer(6)};
}

// place, event_id, type, app, endpoint_id, status, generation, attempts, created_ms,
// next_attempt_ms, lease_until_ms, finished_ms.
template <typename Row>
Result<DeliveryView> read_delivery(const Row& row) {
    const auto status = delivery_status_from(row.view(5));
    if (!status) return Error(ErrorCode::data_corruption, "a delivery has no known status");
    return DeliveryView{.place = row.integer(0),
                        .event_id = row.text(1),
                        .event_type = row.text(2),
                        .app = row.text(3),
                        .endpoint_id = row.text(4),
                        .status = *status,
                        .generation = static_cast<int>(row.integer(6)),
                        .attempts = static_cast<int>(row.integer(7)),
                        .event_created_at = {row.integer(8)},
                        .next_attempt_at = {row.integer(9)},
                        .lease_until = optional_time(row, 10),
                        .finished_at = optional_time(row, 11)};
}

// endpoint_id, number, generation, started_ms, finished_ms, outcome, http_status, address, dns_us,
// connect_us, tls_us, first_byte_us, total_us, detail.
template <typename Row>
AttemptView read_attempt(const Row& row) {
    return {.endpoint_id = row.text(0),
            .number = static_cast<int>(row.integer(1)),
            .generation = static_cast<int>(row.integer(2)),
            .started_at = {row.integer(3)},
            .finished_at = optional_time(row, 4),
            .outcome = row.text(5),
            .http_status = row.optional_integer(6),
            .address = row.text(7),
            .phases = {.dns_us = row.optional_integer(8),
                       .connect_us = row.optional_integer(9),
                       .tls_us = row.optional_integer(10),
                       .first_byte_us = row.optional_integer(11),
                       .total_us = row.optional_integer(12)},
            .detail = row.text(13)};
}

}  // namespace tollgate::ledger
