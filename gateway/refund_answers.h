#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "gateway/alipay_client.h"
#include "ledger/refund_proof.h"

namespace tollgate::gateway {

// What an answer to trade.refund is to the refund's proof (protocol notes 9.10). Pure, as the next.
struct RefundCallFinding {
    ledger::RefundInput input = ledger::RefundInput::ambiguous;
    std::string why;  // In Alipay's words; empty for `moved`.
};
RefundCallFinding read_refund_call(const Result<AlipayAnswer>& answer, Money amount);

// What an answer to trade.fastpay.refund.query is (protocol notes 9.11).
struct RefundQueryFinding {
    ledger::RefundInput input = ledger::RefundInput::query_unclear;
    std::string why;
    std::optional<Money> amount;  // Of this refund; of query_found.
    std::optional<Timestamp> refunded_at;
    std::optional<std::string> deposit_back;  // JSON.
};
RefundQueryFinding read_refund_query(const Result<AlipayAnswer>& answer);

}  // namespace tollgate::gateway
