#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "gateway/bill/bill_line.h"
#include "gateway/bill/text_arena.h"

namespace tollgate::gateway::bill {

// A trade line as it is kept: 48 bytes, and its numbers in the arena.
struct KeptLine {
    std::int64_t amount_fen = 0;
    std::int64_t received_fen = 0;
    std::int64_t fee_fen = 0;
    std::int64_t done_ms = 0;
    std::uint32_t text_at = 0;  // out_trade_no, trade_no and out_request_no, one after another.
    std::uint32_t number = 0;
    std::uint8_t out_trade_no_size = 0;
    std::uint8_t trade_no_size = 0;
    std::uint8_t out_request_no_size = 0;
    TradeLine::Kind kind = TradeLine::Kind::payment;

    Money amount() const { return Money::from_fen(amount_fen); }
    Timestamp done_at() const { return {done_ms}; }
};

// What a day's fund bill says of one out_trade_no.
struct FundSums {
    std::int64_t income_fen = 0;
    std::int64_t payout_fen = 0;
    std::int64_t fee_fen = 0;  // Charged, less what was given back.
    bool has_income = false;
    bool has_payout = false;
    bool has_fee = false;
};

// The lines of a day's bills, sorted by out_trade_no once they are all there, so that a trade's
// payment and its refunds stand together. A million lines take some 130 MiB.
class BillTable final : public BillSink {
public:
    Result<Done> trade_line(const TradeLine& line) override;
    Result<Done> fund_line(const FundLine& line) override;

    // Call once, after the last line and before any question. Errors: invalid_argument when one
    // payment or refund stands there twice.
    Result<Done> sort();

    std::span<const KeptLine> lines() const { return lines_; }
    // Those of one out_trade_no: payments first, then refunds.
    std::span<const KeptLine> lines_of(std::string_view out_trade_no) const;
    std::size_t index_of(const KeptLine& line) const {
        return static_cast<std::size_t>(&line - lines_.data());
    }

    std::string_view out_trade_no(const KeptLine& line) const;
    std::string_view trade_no(const KeptLine& line) const;
    std::string_view out_request_no(const KeptLine& line) const;

    bool has_funds() const { return !funds_.empty(); }
    FundSums funds_of(std::string_view out_trade_no) const;

private:
    struct KeptFund {
        std::int64_t income_fen = 0;
        std::int64_t expense_fen = 0;
        std::uint32_t text_at = 0;
        std::uint8_t text_size = 0;
        FundLine::Kind kind = FundLine::Kind::other;
    };

    Result<Done> refuse_repeats() const;
    std::string_view text_of(const KeptFund& fund) const;

    TextArena texts_;
    std::vector<KeptLine> lines_;
    std::vector<KeptFund> funds_;
};

}  // namespace tollgate::gateway::bill
