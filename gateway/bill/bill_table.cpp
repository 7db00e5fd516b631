#include "gateway/bill/bill_table.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace tollgate::gateway::bill {
namespace {

Error full() {
    return Error(ErrorCode::failed_precondition, "the day's bills are larger than can be kept");
}

}  // namespace

Result<Done> BillTable::trade_line(const TradeLine& line) {
    std::string text(line.out_trade_no);
    text += line.trade_no;
    text += line.out_request_no;
    if (!texts_.has_room(text.size())) return full();
    lines_.push_back({.amount_fen = line.amount.fen(),
                      .received_fen = line.received.fen(),
                      .fee_fen = line.fee.fen(),
                      .done_ms = line.done_at.ms,
                      .text_at = texts_.add(text),
                      .number = static_cast<std::uint32_t>(line.number),
                      .out_trade_no_size = static_cast<std::uint8_t>(line.out_trade_no.size()),
                      .trade_no_size = static_cast<std::uint8_t>(line.trade_no.size()),
                      .out_request_no_size = static_cast<std::uint8_t>(line.out_request_no.size()),
                      .kind = line.kind});
    return Done{};
}

Result<Done> BillTable::fund_line(const FundLine& line) {
    if (line.out_trade_no.empty() || line.kind == FundLine::Kind::other) return Done{};
    if (!texts_.has_room(line.out_trade_no.size())) return full();
    funds_.push_back({.income_fen = line.income.fen(),
                      .expense_fen = line.expense.fen(),
                      .text_at = texts_.add(line.out_trade_no),
                      .text_size = static_cast<std::uint8_t>(line.out_trade_no.size()),
                      .kind = line.kind});
    return Done{};
}

Result<Done> BillTable::sort() {
    std::ranges::sort(lines_, [this](const KeptLine& left, const KeptLine& right) {
        const int order = out_trade_no(left).compare(out_trade_no(right));
        if (order != 0) return order < 0;
        return std::tuple(left.kind, trade_no(left), out_request_no(left), left.number) <
               std::tuple(right.kind, trade_no(right), out_request_no(right), right.number);
    });
    std::ranges::sort(funds_, {}, [this](const KeptFund& fund) { return text_of(fund); });
    return refuse_repeats();
}

Result<Done> BillTable::refuse_repeats() const {
    for (std::size_t i = 1; i < lines_.size(); ++i) {
        const KeptLine& one = lines_[i - 1];
        const KeptLine& other = lines_[i];
        // A refund without a number of its own cannot be told from another one.
        const bool nameless = one.kind == TradeLine::Kind::refund && out_request_no(one).empty();
        if (nameless || one.kind != other.kind || trade_no(one) != trade_no(other) ||
            out_trade_no(one) != out_trade_no(other) ||
            out_request_no(one) != out_request_no(other)) {
            continue;
        }
        return Error(ErrorCode::invalid_argument,
                     "lines " + std::to_string(one.number) + " and " +
                         std::to_string(other.number) + " are the same " +
                         (one.kind == TradeLine::Kind::payment ? "payment" : "refund") +
                         " of trade " + std::string(trade_no(one)) +
                         ": the same bill may have been given twice")
            .because("bill_invalid");
    }
    return Done{};
}

std::span<const KeptLine> BillTable::lines_of(std::string_view out_trade_no_wanted) const {
    const auto number = [this](const KeptLine& line) { return out_trade_no(line); };
    const auto first = std::ranges::lower_bound(lines_, out_trade_no_wanted, {}, number);
    return {first, std::ranges::upper_bound(first, lines_.end(), out_trade_no_wanted, {}, number)};
}

std::string_view BillTable::out_trade_no(const KeptLine& line) const {
    return texts_.view(line.text_at, line.out_trade_no_size);
}

std::string_view BillTable::trade_no(const KeptLine& line) const {
    return texts_.view(line.text_at + line.out_trade_no_size, line.trade_no_size);
}

std::string_view BillTable::out_request_no(const KeptLine& line) const {
    return texts_.view(line.text_at + line.out_trade_no_size + line.trade_no_size,
                       line.out_request_no_size);
}

std::string_view BillTable::text_of(const KeptFund& fund) const {
    return texts_.view(fund.text_at, fund.text_size);
}

FundSums BillTable::funds_of(std::string_view out_trade_no_wanted) const {
    FundSums sums;
    const auto number = [this](const KeptFund& fund) { return text_of(fund); };
    const auto first = std::ranges::lower_bound(funds_, out_trade_no_wanted, {}, number);
    const auto last =
        std::ranges::upper_bound(first, funds_.end(), out_trade_no_wanted, {}, number);
    for (const KeptFund& fund : std::span(first, last)) {
        switch (fund.kind) {
            case FundLine::Kind::income:
                sums.has_income = true;
                sums.income_fen += fund.income_fen;
                break;
            case FundLine::Kind::payout:
                sums.has_payout = true;
                sums.payout_fen += fund.expense_fen;
                break;
            case FundLine::Kind::fee:
                sums.has_fee = true;
                sums.fee_fen += fund.expense_fen;
                break;
            case FundLine::Kind::fee_returned:
                sums.has_fee = true;
                sums.fee_fen -= fund.income_fen;
                break;
            case FundLine::Kind::other: break;
        }
    }
    return sums;
}

}  // namespace tollgate::gateway::bill
