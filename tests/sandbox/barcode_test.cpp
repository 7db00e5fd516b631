#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/method_world.h"

namespace tollgate::sandbox {
namespace {

using testing::HasSubstr;

class Barcode : public MethodWorldTest {
protected:
    static Json asked(const std::string& auth_code, const char* amount = "88.80") {
        return {{"out_trade_no", "T_1"},
                {"total_amount", amount},
                {"subject", "龙井"},
                {"scene", "bar_code"},
                {"auth_code", auth_code}};
    }
    // What the two last digits of a telling code bring about: the answer, then the trade's status.
    std::pair<std::string, std::string> story(const char* ending) {
        const auto handled = run("trade.pay", asked("280000000012345" + std::string(ending)));
        const auto answer = [&handled]() -> std::string {
            if (!handled) return handled.error().reason();
            switch (handled->reply) {
                case Reply::success: return "10000";
                case Reply::waits: return "10003";
                case Reply::never: return "";
                case Reply::bare: break;
            }
            return "?";
        };
        return {answer(), status()};
    }
};

TEST_F(Barcode, ACodePaysAtOnce) {
    const auto paid = run("trade.pay", asked("286600000000000001"));
    ASSERT_TRUE(paid) << paid.error().message();
    EXPECT_EQ(paid->reply, Reply::success);
    EXPECT_EQ(paid->node["total_amount"], "88.80");
    EXPECT_EQ(paid->node["gmt_payment"], "2026-11-11 00:00:00");
    EXPECT_EQ(status(), "TRADE_SUCCESS");
    EXPECT_EQ(code("trade.pay", asked("286600000000000001")), "ACQ.TRADE_HAS_SUCCESS");
    EXPECT_THAT(seen_, testing::ElementsAre(TradeEvent::created, TradeEvent::paid));
}

TEST_F(Barcode, ALargeAmountWaitsForTheBuyer) {
    const auto exact = run("trade.pay", asked("286600000000000001", "1000.00"));
    EXPECT_EQ(exact->reply, Reply::success);
    Json more = asked("286600000000000002", "1000.01");
    more["out_trade_no"] = "T_2";
    const auto waiting = run("trade.pay", more);
    ASSERT_TRUE(waiting);
    EXPECT_EQ(waiting->reply, Reply::waits);
    EXPECT_FALSE(waiting->node.contains("gmt_payment"));
    EXPECT_EQ(status("T_2"), "WAIT_BUYER_PAY");
    const std::string trade_no = *text_member(waiting->node, "trade_no");
    ASSERT_TRUE(books_.trades.pay(trade_no, clock_.now()));
    EXPECT_EQ(status("T_2"), "TRADE_SUCCESS");
}

TEST_F(Barcode, ACodeIsGoodForOneOrder) {
    ASSERT_TRUE(run("trade.pay", asked("286600000000000001")));
    Json other = asked("286600000000000001");
    other["out_trade_no"] = "T_2";
    EXPECT_EQ(code("trade.pay", other), "ACQ.PAYMENT_AUTH_CODE_INVALID");
    EXPECT_EQ(status("T_2"), "ACQ.TRADE_NOT_EXIST");
}

TEST_F(Barcode, OnlyCodesOfAlipaysAreTaken) {
    for (const char* wrong : {"2866000000000", "316600000000000001", "28660000000000000a",
                              "2866000000000000000000001", "fp123"}) {
        EXPECT_EQ(code("trade.pay", asked(wrong)), "ACQ.PAYMENT_AUTH_CODE_INVALID") << wrong;
    }
    EXPECT_EQ(code("trade.pay", asked("fp" + std::string(33, 'x'))), "");
    Json wave = asked("286600000000000001");
    wave["scene"] = "wave_code";
    EXPECT_THAT(refusal("trade.pay", wave), HasSubstr("scene"));
}

using Told = std::pair<std::string, std::string>;
TEST_F(Barcode, Story01WaitsForAPassword) {
    EXPECT_EQ(story("01"), Told("10003", "WAIT_BUYER_PAY"));
}
TEST_F(Barcode, Story02IsNoGoodCode) {
    EXPECT_EQ(story("02"), Told("ACQ.PAYMENT_AUTH_CODE_INVALID", "ACQ.TRADE_NOT_EXIST"));
}
TEST_F(Barcode, Story03HasNoMoney) {
    EXPECT_EQ(story("03"), Told("ACQ.BUYER_BALANCE_NOT_ENOUGH", "ACQ.TRADE_NOT_EXIST"));
}
TEST_F(Barcode, Story04IsUnclearAndNotPaid) {
    EXPECT_EQ(story("04"), Told("aop.ACQ.SYSTEM_ERROR", "WAIT_BUYER_PAY"));
}
TEST_F(Barcode, Story05IsUnclearAndPaid) {
    EXPECT_EQ(story("05"), Told("aop.ACQ.SYSTEM_ERROR", "TRADE_SUCCESS"));
}
TEST_F(Barcode, Story06IsSilentAndPaid) {
    EXPECT_EQ(story("06"), Told("", "TRADE_SUCCESS"));
}
TEST_F(Barcode, Story07IsSilentAndNotPaid) {
    EXPECT_EQ(story("07"), Told("", "WAIT_BUYER_PAY"));
}
TEST_F(Barcode, Story08IsRolledBack) {
    EXPECT_EQ(story("08"), Told("10000", "TRADE_CLOSED"));
}
TEST_F(Barcode, Story09IsRefusedByTheBuyer) {
    EXPECT_EQ(story("09"), Told("10003", "TRADE_CLOSED"));
}
TEST_F(Barcode, Story10IsUnclearAndLost) {
    EXPECT_EQ(story("10"), Told("aop.ACQ.SYSTEM_ERROR", "ACQ.TRADE_NOT_EXIST"));
}

class Creating : public MethodWorldTest {
protected:
    static Json asked() {
        return {{"out_trade_no", "T_1"},
                {"total_amount", "88.80"},
                {"subject", "龙井"},
                {"product_code", "JSAPI_PAY"},
                {"op_app_id", "9021000000000001"},
                {"buyer_id", "2088102146225136"}};
    }
};

TEST_F(Creating, MakesTheTradeAtOnceForThatBuyer) {
    const auto made = run("trade.create", asked());
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(status(), "WAIT_BUYER_PAY");
    const auto query = run("trade.query", {{"trade_no", made->node["trade_no"]}});
    EXPECT_EQ(query->node["buyer_user_id"], "2088102146225136");
    const auto again = run("trade.create", asked());
    EXPECT_EQ(again->node["trade_no"], made->node["trade_no"]);
    Json other = asked();
    other["total_amount"] = "88.81";
    EXPECT_EQ(code("trade.create", other), "ACQ.CONTEXT_INCONSISTENT");
}

TEST_F(Creating, WantsABuyerThatThereIs) {
    Json nobody = asked();
    nobody.erase("buyer_id");
    EXPECT_THAT(refusal("trade.create", nobody), HasSubstr("buyer_id"));
    Json wrong = asked();
    wrong["buyer_id"] = "1234";
    EXPECT_THAT(refusal("trade.create", wrong), HasSubstr("buyer_id"));
    Json gone = asked();
    gone["buyer_id"] = "2088102146225404";
    EXPECT_EQ(code("trade.create", gone), "ACQ.BUYER_NOT_EXIST");
    Json appless = asked();
    appless.erase("op_app_id");
    EXPECT_THAT(refusal("trade.create", appless), HasSubstr("op_app_id"));
}

}  // namespace
}  // namespace tollgate::sandbox
