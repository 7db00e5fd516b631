#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "tests/sandbox/method_world.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

class Methods : public MethodWorldTest {
protected:
    const Json page_ = biz_of_page_pay();
};

TEST_F(Methods, NameEveryWrongField) {
    const std::vector<std::pair<const char*, Json>> mistakes = {
        {"out_trade_no", ""},
        {"out_trade_no", "with space"},
        {"out_trade_no", "汉字"},
        {"out_trade_no", std::string(65, 'a')},
        {"out_trade_no", 17},
        {"total_amount", 88.8},
        {"total_amount", "0"},
        {"total_amount", "0.001"},
        {"total_amount", "-1"},
        {"total_amount", "1e2"},
        {"total_amount", "00000000001.00"},
        {"subject", "a/b"},
        {"subject", "a=b"},
        {"subject", "a&b"},
        {"subject", std::string(257, 'a')},
        {"product_code", "QUICK_WAP_WAY"},
        {"time_expire", "2026-11-11 00:30"},
        {"time_expire", to_beijing(kNow + minutes(-1))},
        {"time_expire", to_beijing(kNow + std::chrono::hours(16 * 24))},
        {"body", std::string(129, 'a')},
        {"passback_params", std::string(513, 'a')},
        {"seller_id", "2088000000000002"},
        {"goods_detail", "[]"},
        {"extend_params", "{}"},
        {"surprise", "x"},
        {"timeout_express", "1.5h"},
    };
    for (const auto& [name, value] : mistakes) {
        Json biz = page_;
        if (std::string_view(name) == "timeout_express") biz.erase("time_expire");
        biz[name] = value;
        const std::string answer = refusal("trade.page.pay", biz);
        EXPECT_THAT(answer, HasSubstr("ACQ.INVALID_PARAMETER")) << name << " " << to_text(value);
        EXPECT_THAT(answer, HasSubstr(name)) << to_text(value);
    }
    Json dear = page_;
    dear["total_amount"] = "100000000.01";
    EXPECT_THAT(refusal("trade.page.pay", dear), HasSubstr("ACQ.TOTAL_FEE_EXCEED"));
    for (const char* name : {"out_trade_no", "total_amount", "subject", "product_code"}) {
        Json biz = page_;
        biz.erase(name);
        EXPECT_THAT(refusal("trade.page.pay", biz), HasSubstr(name));
    }
}

TEST_F(Methods, TakesTheLimitsThemselves) {
    Json biz = page_;
    biz["out_trade_no"] = std::string(64, 'a');
    biz["subject"] = std::string(256, 'a');
    biz["total_amount"] = "100000000.00";
    biz["time_expire"] = to_beijing(kNow + minutes(1));
    EXPECT_EQ(refusal("trade.page.pay", biz), "");
}

TEST_F(Methods, ATradeExistsOnlyOnceTheCashierWasOpened) {
    Json biz = page_;
    biz.erase("product_code");
    const auto code = run("trade.precreate", biz);
    ASSERT_TRUE(code) << code.error().message();
    const std::string address = *text_member(code->node, "qr_code");
    ASSERT_TRUE(address.starts_with("http://alipay/qr/"));
    EXPECT_EQ(status(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(refusal("trade.close", {{"out_trade_no", "T_1"}}).substr(0, 19),
              "ACQ.TRADE_NOT_EXIST");
    ASSERT_TRUE(books_.trades.scan(address.substr(17), clock_.now()));
    EXPECT_EQ(status(), "WAIT_BUYER_PAY");
}

TEST_F(Methods, TheSameOrderAgainIsTheSameTrade) {
    const auto first = run("trade.page.pay", page_);
    const auto second = run("trade.page.pay", page_);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->cashier, second->cashier);
    for (const auto& [name, value] : std::vector<std::pair<const char*, const char*>>{
             {"total_amount", "88.81"}, {"subject", "other"}}) {
        Json biz = page_;
        biz[name] = value;
        EXPECT_THAT(refusal("trade.page.pay", biz), HasSubstr("ACQ.CONTEXT_INCONSISTENT"));
    }
}

TEST_F(Methods, PaidIsPaidAndClosedIsClosed) {
    const auto opened = run("trade.page.pay", page_);
    const std::string trade_no = books_.trades.by_cashier(opened->cashier)->trade_no;
    ASSERT_TRUE(books_.trades.pay(trade_no, clock_.now()));
    EXPECT_EQ(status(), "TRADE_SUCCESS");
    EXPECT_THAT(refusal("trade.page.pay", page_), HasSubstr("ACQ.TRADE_HAS_SUCCESS"));
    EXPECT_THAT(refusal("trade.close", {{"trade_no", trade_no}}),
                HasSubstr("ACQ.REASON_TRADE_STATUS_INVALID"));
    EXPECT_EQ(books_.trades.pay(trade_no, clock_.now()).error().reason(), "ACQ.TRADE_HAS_SUCCESS");
    clock_.pass(std::chrono::hours(1));
    EXPECT_EQ(status(), "TRADE_SUCCESS");  // Expiry closes only what waits.
}

TEST_F(Methods, ClosesByCallAndByTime) {
    ASSERT_TRUE(run("trade.page.pay", page_));
    ASSERT_TRUE(run("trade.close", {{"out_trade_no", "T_1"}}));
    EXPECT_EQ(status(), "TRADE_CLOSED");
    EXPECT_THAT(refusal("trade.page.pay", page_), HasSubstr("ACQ.TRADE_HAS_CLOSE"));

    Json other = page_;
    other["out_trade_no"] = "T_2";
    const auto opened = run("trade.page.pay", other);
    clock_.pass(minutes(30));
    const Trade* trade = books_.trades.by_cashier(opened->cashier);
    EXPECT_EQ(books_.trades.pay(trade->trade_no, clock_.now()).error().reason(),
              "ACQ.TRADE_HAS_CLOSE");
    EXPECT_EQ(trade->status, TradeStatus::trade_closed);
    EXPECT_EQ(trade->closed_at, kNow + minutes(30));
}

TEST_F(Methods, ALinkOpenedTooLateMakesNoTrade) {
    clock_.pass(minutes(5));
    Json biz = page_;
    biz["time_expire"] = to_beijing(kNow + minutes(6));
    const auto code = run("trade.precreate", [&biz] {
        Json qr = biz;
        qr.erase("product_code");
        return qr;
    }());
    ASSERT_TRUE(code);
    clock_.pass(minutes(2));
    EXPECT_EQ(books_.trades.scan(text_member(code->node, "qr_code")->substr(17), clock_.now())
                  .error()
                  .reason(),
              "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
    EXPECT_EQ(status(), "ACQ.TRADE_NOT_EXIST");
}

TEST_F(Methods, AnotherMerchantSeesNothing) {
    const auto opened = run("trade.page.pay", page_);
    const std::string trade_no = books_.trades.by_cashier(opened->cashier)->trade_no;
    app_ = 1;
    EXPECT_EQ(status(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_THAT(refusal("trade.query", {{"trade_no", trade_no}}), HasSubstr("ACQ.TRADE_NOT_EXIST"));
    EXPECT_TRUE(run("trade.page.pay", page_));  // Its own T_1.
}

TEST_F(Methods, QueryWantsANumber) {
    EXPECT_THAT(refusal("trade.query", Json::object()), HasSubstr("ACQ.INVALID_PARAMETER"));
}

TEST_F(Methods, TellWhyAnAmountMustBeAText) {
    Json biz = page_;
    biz["total_amount"] = 0.01;
    EXPECT_THAT(refusal("trade.page.pay", biz),
                testing::AllOf(HasSubstr("total_amount"), HasSubstr("小数会丢分")));
}

TEST_F(Methods, OnlyWhatABrowserOpensHasAReturnUrl) {
    const auto return_url = [this](const char* method, const char* number, const char* product) {
        Json biz = page_;
        biz["out_trade_no"] = number;
        biz["product_code"] = product;
        const auto opened = run(method, biz);
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? books_.trades.by_cashier(opened->cashier)->order.return_url : "";
    };
    EXPECT_EQ(return_url("trade.page.pay", "T_1", "FAST_INSTANT_TRADE_PAY"),
              "http://127.0.0.1/back");
    EXPECT_EQ(return_url("trade.wap.pay", "T_2", "QUICK_WAP_WAY"), "http://127.0.0.1/back");
    EXPECT_EQ(return_url("trade.app.pay", "T_3", "QUICK_MSECURITY_PAY"), "");
}

// The text behind /qr/ in the answer to alipay.trade.precreate.
class Codes : public Methods {
protected:
    std::string code_for(const Json& biz) {
        const auto made = run("trade.precreate", biz);
        EXPECT_TRUE(made) << made.error().message();
        return made ? text_member(made->node, "qr_code")->substr(17) : "";
    }
    const Json asked_ = {
        {"out_trade_no", "T_1"}, {"total_amount", "88.80"}, {"subject", "龙井 tea"}};
};

TEST_F(Codes, TheLatestRequestIsWhatCounts) {
    Json first = asked_;
    first["passback_params"] = "first";
    Json second = asked_;
    second["passback_params"] = "second";
    second["time_expire"] = to_beijing(kNow + minutes(7));
    const std::string code = code_for(first);
    EXPECT_EQ(code_for(second), code);
    const auto trade = books_.trades.scan(code, clock_.now());
    ASSERT_TRUE(trade);
    EXPECT_EQ((*trade)->order.passback_params, "second");
    EXPECT_EQ((*trade)->order.expires_at, kNow + minutes(7));
}

TEST_F(Codes, LiveTwoHoursAndThenAnotherIsMade) {
    const std::string code = code_for(asked_);
    clock_.pass(minutes(120));
    EXPECT_EQ(books_.trades.scan(code, clock_.now()).error().reason(), "ACQ.TRADE_NOT_EXIST");
    const std::string other = code_for(asked_);
    EXPECT_NE(other, code);
    clock_.pass(minutes(119));
    EXPECT_TRUE(books_.trades.scan(other, clock_.now()));
    EXPECT_FALSE(books_.trades.scan(code, clock_.now()));
}

TEST_F(Codes, LiveLessLongWhenAskedFor) {
    Json biz = asked_;
    biz["qr_code_timeout_express"] = "10m";
    const std::string code = code_for(biz);
    clock_.pass(minutes(10));
    EXPECT_EQ(books_.trades.scan(code, clock_.now()).error().reason(), "ACQ.TRADE_NOT_EXIST");
    // The latest request says how long, from when the code was made.
    clock_.pass(minutes(120));
    const std::string next = code_for(asked_);
    clock_.pass(minutes(5));
    EXPECT_EQ(code_for(biz), next);
    clock_.pass(minutes(5));
    EXPECT_EQ(books_.trades.scan(next, clock_.now()).error().reason(), "ACQ.TRADE_NOT_EXIST");
    biz["qr_code_timeout_express"] = "16d";
    EXPECT_THAT(refusal("trade.precreate", biz), HasSubstr("qr_code_timeout_express"));
}

TEST_F(Codes, TheTimeToPayBeginsWithTheScan) {
    Json biz = asked_;
    biz["timeout_express"] = "30m";
    const std::string code = code_for(biz);
    clock_.pass(minutes(60));
    const auto trade = books_.trades.scan(code, clock_.now());
    ASSERT_TRUE(trade) << trade.error().message();
    EXPECT_EQ((*trade)->order.expires_at, kNow + minutes(90));
}

TEST_F(Methods, TheTimeToPayBeginsWithTheTrade) {
    signed_before_ = minutes(60);
    Json biz = page_;
    biz.erase("time_expire");
    biz["timeout_express"] = "30m";
    const auto opened = run("trade.page.pay", biz);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(books_.trades.by_cashier(opened->cashier)->order.expires_at, kNow + minutes(30));
}

TEST_F(Methods, OnAPhoneLessThanFiveMinutesCountAsFive) {
    const auto expires_at = [this](const char* method, const char* number, const char* product) {
        Json biz = page_;
        biz.erase("time_expire");
        biz["timeout_express"] = "1m";
        biz["out_trade_no"] = number;
        biz["product_code"] = product;
        return books_.trades.by_cashier(run(method, biz)->cashier)->order.expires_at;
    };
    EXPECT_EQ(expires_at("trade.wap.pay", "T_1", "QUICK_WAP_WAY"), kNow + minutes(5));
    EXPECT_EQ(expires_at("trade.app.pay", "T_2", "QUICK_MSECURITY_PAY"), kNow + minutes(5));
    EXPECT_EQ(expires_at("trade.page.pay", "T_3", "FAST_INSTANT_TRADE_PAY"), kNow + minutes(1));
}

class Created : public MethodWorldTest {
protected:
    static Json asked(const char* name, const char* buyer) {
        return {{"out_trade_no", "T_1"},
                {"total_amount", "88.80"},
                {"subject", "龙井 tea"},
                {name, buyer}};
    }
    Json queried() { return run("trade.query", {{"out_trade_no", "T_1"}})->node; }
};

TEST_F(Created, ForOneBuyerAndNoOther) {
    EXPECT_EQ(code("trade.create", asked("buyer_id", "2088102146225135")), "");
    EXPECT_EQ(code("trade.create", asked("buyer_id", "2088102146225135")), "");
    EXPECT_EQ(code("trade.create", asked("buyer_id", "2088102146225136")),
              "ACQ.TRADE_BUYER_NOT_MATCH");
    // Masked they look the same.
    EXPECT_EQ(code("trade.create", asked("buyer_logon_id", "buy1@sandbox.example")),
              "ACQ.TRADE_BUYER_NOT_MATCH");
}

TEST_F(Created, ABuyerKnownByOpenIdHasNoOtherId) {
    ASSERT_EQ(code("trade.create", asked("buyer_open_id", "074a1CcTG1LelxKe4xQC0zgNdId0nx")), "");
    EXPECT_EQ(queried().value("buyer_open_id", ""), "074a1CcTG1LelxKe4xQC0zgNdId0nx");
    EXPECT_FALSE(queried().contains("buyer_user_id"));
    const Trade* trade = books_.trades.by_out_trade_no(kSellerId, "T_1");
    ASSERT_TRUE(books_.trades.pay(trade->trade_no, clock_.now()));
    const Notice told = trade_notice(*trade);
    EXPECT_EQ(value_of(told.fields, "buyer_open_id"), "074a1CcTG1LelxKe4xQC0zgNdId0nx");
    EXPECT_FALSE(has_field(told.fields, "buyer_id"));
}

TEST_F(Created, LogonIdsAreShownMasked) {
    for (const auto& [logon_id, shown] : std::vector<std::pair<const char*, const char*>>{
             {"bamboo@mail.example", "bam***@mail.example"},
             {"a@mail.example", "a***@mail.example"},
             {"15912345620", "159****5620"},
             {"nobody", "nob****"},
             {"测试买家", "测****家"},
             {"ab李@mail.example", "ab***@mail.example"}}) {
        Json biz = asked("buyer_logon_id", logon_id);
        biz["out_trade_no"] = "T_" + std::to_string(seen_.size());
        ASSERT_EQ(code("trade.create", biz), "");
        const auto found = run("trade.query", {{"out_trade_no", biz["out_trade_no"]}});
        EXPECT_EQ(found->node["buyer_logon_id"], shown);
    }
}

TEST_F(Methods, WithoutTimeExpireTheTimeoutDecides) {
    Json biz = page_;
    biz.erase("time_expire");
    biz["timeout_express"] = "1c";
    const auto opened = run("trade.page.pay", biz);
    ASSERT_TRUE(opened);
    EXPECT_EQ(to_beijing(books_.trades.by_cashier(opened->cashier)->order.expires_at),
              "2026-11-12 00:00:00");
}

}  // namespace
}  // namespace tollgate::sandbox
