// Which refund of ours a bill's line is about.
#include "gateway/reconcile/refund_pairs.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tollgate::gateway::reconcile {
namespace {

using ::testing::ElementsAre;

ledger::RefundLine ours(const std::string& number, std::int64_t fen,
                        const std::string& origin = "api") {
    return {.out_trade_no = "T1",
            .out_request_no = number,
            .status = "succeeded",
            .origin = origin,
            .amount = Money::from_fen(fen)};
}

BilledRefund line(std::string_view number, std::int64_t fen) {
    return {.out_request_no = number, .amount = Money::from_fen(fen)};
}

// By line: the number of our refund, "part of" it, or why there is none.
std::vector<std::string> pairs(const std::vector<BilledRefund>& lines,
                               const std::vector<ledger::RefundLine>& refunds) {
    std::vector<std::string> words;
    for (const RefundPair& pair : pair_refunds(lines, refunds)) {
        if (pair.ours == nullptr) {
            words.emplace_back(pair.may_be_part ? "may be part" : "none");
        } else {
            words.push_back((pair.is_part ? "part of " : "") + pair.ours->out_request_no);
        }
    }
    return words;
}

TEST(RefundPairs, GoByNumberWhateverTheAmount) {
    EXPECT_THAT(pairs({line("R2", 1), line("R1", 999)}, {ours("R1", 100), ours("R2", 100)}),
                ElementsAre("R2", "R1"));
    EXPECT_THAT(pairs({line("R3", 100)}, {ours("R1", 100)}), ElementsAre("none"));
}

TEST(RefundPairs, GoByAmountWithoutANumber) {
    // Whoever is named has his own.
    EXPECT_THAT(pairs({line("", 100), line("R1", 100)}, {ours("R1", 100), ours("R2", 100)}),
                ElementsAre("R2", "R1"));
    EXPECT_THAT(pairs({line("", 99)}, {ours("R1", 100)}), ElementsAre("none"));
}

TEST(RefundPairs, NoRefundIsTwoLines) {
    EXPECT_THAT(pairs({line("R1", 100), line("R1", 100)}, {ours("R1", 100)}),
                ElementsAre("R1", "none"));
    EXPECT_THAT(pairs({line("R1", 100), line("", 100)}, {ours("R1", 100)}),
                ElementsAre("R1", "none"));
}

TEST(RefundPairs, ACancelsStandInGoesByAmount) {
    const auto stand_in = ours("T1", 700, "cancel");
    EXPECT_THAT(pairs({line("alipays", 700), line("R1", 300)}, {ours("R1", 300), stand_in}),
                ElementsAre("T1", "R1"));
    // One whose true number is known is like any other.
    EXPECT_THAT(pairs({line("other", 700)}, {ours("CONSOLE1", 700, "cancel")}),
                ElementsAre("none"));
    // A caller may call his refund so.
    EXPECT_THAT(pairs({line("other", 700)}, {ours("T1", 700)}), ElementsAre("none"));
}

TEST(RefundPairs, ACancelsStandInMayBeSeveralLines) {
    const auto stand_in = ours("T1", 700, "cancel");
    EXPECT_THAT(
        pairs({line("A", 300), line("R1", 300), line("B", 400)}, {ours("R1", 300), stand_in}),
        ElementsAre("part of T1", "R1", "part of T1"));
    EXPECT_THAT(pairs({line("A", 300), line("B", 399)}, {stand_in}),
                ElementsAre("may be part", "may be part"));
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
