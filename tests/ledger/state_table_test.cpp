#include "ledger/state_table.h"
#include "tests/support/source_dir.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace tollgate::ledger {
namespace {

using Kind = Decision::Kind;
using S = PaymentStatus;

std::vector<S> path_of(S from, Input input) {
    const Decision decision = decide(from, input);
    EXPECT_EQ(decision.kind, Kind::move);
    return {decision.path.begin(), decision.path.end()};
}

TEST(StateTable, HasAnEntryForEverything) {
    for (const S status : kPaymentStatuses) {
        for (const Input input : kInputs) {
            const Decision decision = decide(status, input);
            EXPECT_EQ(decision.kind == Kind::move, !decision.path.empty());
        }
    }
}

TEST(StateTable, MoneyNeverMovesBackwards) {
    const auto has_money = [](S status) {
        return status == S::paid || status == S::finished || status == S::refunded;
    };
    for (const S status : kPaymentStatuses) {
        if (!has_money(status)) continue;
        for (const Input input : kInputs) {
            for (const S step : decide(status, input).path) {
                EXPECT_TRUE(has_money(step)) << name_of(status) << " " << name_of(input);
            }
        }
    }
}

TEST(StateTable, MoneyAlwaysFindsItsWay) {
    for (const S status : {S::pending, S::unknown, S::closing, S::closed, S::failed}) {
        EXPECT_EQ(path_of(status, Input::trade_paid), (std::vector{S::paid}));
        EXPECT_EQ(path_of(status, Input::trade_finished), (std::vector{S::paid, S::finished}));
        EXPECT_EQ(path_of(status, Input::trade_refunded), (std::vector{S::paid, S::refunded}));
    }
}

TEST(StateTable, LateIsMoneyAfterWeSaidNoneWouldCome) {
    EXPECT_TRUE(decide(S::closed, Input::trade_paid).late);
    EXPECT_TRUE(decide(S::failed, Input::trade_paid).late);
    EXPECT_FALSE(decide(S::closing, Input::trade_paid).late);
}

TEST(StateTable, ANotificationAloneNeverClosesAPayment) {
    for (const S status : kPaymentStatuses) {
        EXPECT_NE(decide(status, Input::trade_closed_hint).kind, Kind::move);
    }
}

TEST(StateTable, EveryStatusThatIsNotFinalHasAWayOut) {
    for (const S status : kPaymentStatuses) {
        if (is_final(status) || status == S::paid) continue;
        EXPECT_EQ(path_of(status, Input::trade_paid).back(), S::paid);
        EXPECT_EQ(path_of(status, Input::expired).back(), S::closed);
    }
    EXPECT_EQ(path_of(S::paid, Input::refunds_complete).back(), S::refunded);
    EXPECT_EQ(path_of(S::paid, Input::window_over).back(), S::finished);
}

TEST(StateTable, StandsInTheDocumentation) {
    std::ifstream file(source_dir() / "docs/state-machine.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find(state_table_markdown()), std::string::npos)
        << "docs/state-machine.md must hold this table:\n"
        << state_table_markdown();
}

}  // namespace
}  // namespace tollgate::ledger
