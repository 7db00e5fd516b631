#include "ledger/refund.h"

#include "base/check.h"
#include "base/json_object.h"

namespace tollgate::ledger {

std::string_view name_of(RefundStatus status) {
    switch (status) {
        case RefundStatus::requested: return "requested";
        case RefundStatus::processing: return "processing";
        case RefundStatus::unknown: return "unknown";
        case RefundStatus::succeeded: return "succeeded";
        case RefundStatus::failed: return "failed";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<RefundStatus> refund_status_from(std::string_view name) {
    for (const RefundStatus status : kRefundStatuses) {
        if (name_of(status) == name) return status;
    }
    return std::nullopt;
}

std::string_view name_of(RefundOrigin origin) {
    switch (origin) {
        case RefundOrigin::api: return "api";
        case RefundOrigin::external: return "external";
        case RefundOrigin::cancel: return "cancel";
        case RefundOrigin::policy: return "policy";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<RefundOrigin> refund_origin_from(std::string_view name) {
    for (const RefundOrigin origin : kRefundOrigins) {
        if (name_of(origin) == name) return origin;
    }
    return std::nullopt;
}

bool is_live(RefundStatus status) {
    return status != RefundStatus::failed;
}

RefundSums sums_of(const std::vector<Refund>& refunds) {
    std::int64_t live = 0;
    std::int64_t succeeded = 0;
    for (const Refund& refund : refunds) {
        if (is_live(refund.status)) live += refund.amount.fen();
        if (refund.status == RefundStatus::succeeded) succeeded += refund.amount.fen();
    }
    return {.live = Money::from_fen(live), .succeeded = Money::from_fen(succeeded)};
}

std::string to_json(const Refund& refund) {
    JsonObject json;
    json.text("id", refund.id)
        .text("out_request_no", refund.out_request_no)
        .text("status", name_of(refund.status))
        .number("version", refund.version)
        .number("amount", refund.amount.fen())
        .text("currency", "CNY")
        .text("origin", name_of(refund.origin))
        .maybe_text("reason", refund.reason)
        .time("created_at", refund.created_at)
        .time("updated_at", refund.updated_at)
        .time("refunded_at", refund.refunded_at);
    if (refund.failure && refund.status != RefundStatus::succeeded) {
        json.text("failure", *refund.failure);
    }
    if (refund.deposit_back) json.raw("deposit_back", *refund.deposit_back);
    return std::move(json).end();
}

}  // namespace tollgate::ledger
