#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "sandbox/alipay_desk.h"
#include "sandbox/content.h"
#include "tests/sandbox/desk_world.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

config::FaultPlan plan_of(std::string_view json) {
    auto loaded = config::load_faults(json);
    const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded);
    EXPECT_EQ(problems, nullptr) << (problems ? config::to_text(*problems) : "");
    return problems ? config::FaultPlan{} : std::get<config::FaultPlan>(std::move(loaded));
}

// The whole pretend Alipay without a socket, on a hand clock, with keys that cost nothing: what a
// simulation drives.
class InOneProcess : public testing::Test {
protected:
    static std::string seal(std::string_view content, const char* key) {
        return std::to_string(std::hash<std::string>()(std::string(content) + key));
    }
    static PublicKey public_key(const char* name) {
        return PublicKey::of([name](std::string_view content, std::string_view sign) {
            return seal(content, name) == sign;
        });
    }
    InOneProcess() {
        Apps apps;
        apps.push_back({.app_id = kAppId,
                        .seller_id = kSellerId,
                        .name = "Green Bamboo",
                        .key = public_key("app"),
                        .application_gateway = "http://127.0.0.1:9/gateway"});
        const auto key = PrivateKey::of(
            [](std::string_view content) { return seal(content, "alipay"); }, public_key("alipay"));
        desk_ = std::make_unique<AlipayDesk>(
            apps, key, config::SandboxAlipay{},
            AlipayDesk::Seams{
                .clock = clock_, .entropy = entropy_, .log = log_, .http = http_, .wake = [] {}});
    }
    GatewayReply call(const std::string& method, const Json& biz) {
        Fields fields = without(unsigned_request("alipay." + method, biz), "return_url");
        fields = with(fields, "timestamp", to_beijing(clock_.now()));
        fields.push_back({"sign", seal(canonical_content(fields, ContentRule::request), "app")});
        return desk_->answer({.method = "POST",
                              .query = "charset=utf-8",
                              .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                              .body = to_form(fields)});
    }
    // Whether the answer's signature holds.
    static bool is_sealed(const std::string& answer) {
        const AnswerTexts texts = texts_of({.status = 200, .body = answer});
        return !texts.sign.empty() && texts.sign == seal(texts.node, "alipay");
    }
    // The answer's text; "" for none.
    std::string text(const std::string& method, const Json& biz) {
        const GatewayReply reply = call(method, biz);
        return reply.answer ? reply.answer->body : "";
    }
    std::string status() {
        const std::string answer = text("trade.query", {{"out_trade_no", "T_1"}});
        const std::size_t at = answer.find(R"("trade_status":")");
        return at == std::string::npos ? answer : answer.substr(at + 16, 13);
    }
    void fault(std::string_view json) { desk_->faults().set(plan_of(json)); }
    static Json refund(const char* number = "R_1") {
        return {{"out_trade_no", "T_1"}, {"refund_amount", "8.80"}, {"out_request_no", number}};
    }
    // Opened at the cashier of a QR code; T_1 over 88.80.
    Trade have_open() {
        Json biz = biz_of_page_pay();
        biz.erase("product_code");
        biz.erase("time_expire");
        const auto made = parse_object(text("trade.precreate", biz));
        const Json* node = member(*made, "alipay_trade_precreate_response");
        return *desk_->buyer_opens(*text_member(*node, "qr_code"));
    }
    Trade have_paid() { return *desk_->buyer_pays(have_open().trade_no); }
    std::vector<Fields> notifications() {
        while (desk_->run_once(100) > 0) {
        }
        return std::exchange(http_.bodies, {});
    }

    HandClock clock_;
    CountingEntropy entropy_;
    Log log_{-1, clock_, LogLevel::error};
    TakingClient http_;
    std::unique_ptr<AlipayDesk> desk_;
};

TEST_F(InOneProcess, ABuyerPaysAndTheMerchantIsTold) {
    have_paid();
    const auto told = notifications();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(value_of(told.front(), "trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(value_of(told.front(), "sign"),
              seal(canonical_content(told.front(), ContentRule::notification), "alipay"));
    EXPECT_EQ(desk_->trades(10).size(), 1U);
}

TEST_F(InOneProcess, ARefundThatTimesOutHasHappened) {
    have_paid();
    fault(R"({"faults":[{"on":"alipay.trade.refund","do":"drop_answer","nth":1},
                        {"on":"alipay.trade.refund","do":"refuse","nth":2,
                         "sub_code":"ACQ.SELLER_BALANCE_NOT_ENOUGH"}]})");
    EXPECT_EQ(text("trade.refund", refund()), "");
    EXPECT_THAT(text("trade.refund", refund()), HasSubstr("ACQ.SELLER_BALANCE_NOT_ENOUGH"));
    EXPECT_THAT(text("trade.refund", refund()), HasSubstr(R"("fund_change":"N")"));
    EXPECT_EQ(desk_->trades(1).front().refunds.size(), 1U);
}

TEST_F(InOneProcess, WhatIsDroppedHasNotHappened) {
    have_paid();
    fault(R"({"faults":[{"on":"alipay.trade.refund","do":"drop_request","first":1}]})");
    EXPECT_EQ(text("trade.refund", refund()), "");
    EXPECT_TRUE(desk_->trades(1).front().refunds.empty());
    EXPECT_THAT(text("trade.refund", refund()), HasSubstr(R"("fund_change":"Y")"));
}

TEST_F(InOneProcess, AnswersAreSpoiledAfterTheDeed) {
    have_paid();
    const std::vector<std::pair<const char*, const char*>> faults = {
        {"do_and_refuse", R"("code":"20000")"},
        {"unsigned", R"(,"sign":""})"},
        {"garbled", R"({"alipay_trade_refund_response":)"},
        {"wrong_signature", R"("fund_change":"Y")"},
    };
    int number = 0;
    for (const auto& [name, expected] : faults) {
        fault(R"({"faults":[{"on":"alipay.trade.refund","do":")" + std::string(name) +
              R"(","sub_code":"aop.ACQ.SYSTEM_ERROR"}]})");
        clock_.pass(seconds(3));
        const std::string r = "R_" + std::to_string(++number);
        const std::string answer = text("trade.refund", refund(r.c_str()));
        EXPECT_THAT(answer, HasSubstr(expected)) << name;
        EXPECT_EQ(desk_->trades(1).front().refunds.size(), static_cast<std::size_t>(number));
        EXPECT_EQ(answer.ends_with('}'), std::string_view(name) != "garbled");
        EXPECT_EQ(is_sealed(answer), std::string_view(name) == "do_and_refuse") << name;
    }
    // The connection's end is told beside the answer: whoever has a socket acts on it.
    for (const char* name : {"cut_off", "reset_answer", "reset_request"}) {
        fault(R"({"faults":[{"on":"alipay.trade.refund","do":")" + std::string(name) + R"("}]})");
        clock_.pass(seconds(3));
        const std::string r = "R_" + std::string(name);
        const GatewayReply reply = call("trade.refund", refund(r.c_str()));
        const bool done = std::string_view(name) != "reset_request";
        number += done ? 1 : 0;
        EXPECT_EQ(desk_->trades(1).front().refunds.size(), static_cast<std::size_t>(number));
        ASSERT_TRUE(reply.answer && reply.answer->cut_after) << name;
        const bool cut = std::string_view(name) == "cut_off";
        EXPECT_EQ(*reply.answer->cut_after, cut ? reply.answer->body.size() / 2 : 0U);
    }
    fault(R"({"faults":[{"on":"*","do":"http_error","http_status":503}]})");
    EXPECT_EQ(call("trade.query", {{"out_trade_no", "T_1"}}).answer->status, 503);
}

TEST_F(InOneProcess, DelaysAreTold) {
    have_paid();
    fault(R"({"faults":[{"on":"alipay.trade.query","do":"delay","delay_ms":3000}]})");
    EXPECT_EQ(call("trade.query", {{"out_trade_no", "T_1"}}).delay, milliseconds(3'000));
}

TEST_F(InOneProcess, MoneyComesAfterTheClose) {
    have_open();
    fault(R"({"faults":[{"on":"alipay.trade.close","do":"late_money","delay_ms":5000}]})");
    text("trade.close", {{"out_trade_no", "T_1"}});
    EXPECT_EQ(status(), "TRADE_CLOSED\"");
    notifications();
    EXPECT_EQ(desk_->next_due(), clock_.now() + milliseconds(5'000));
    clock_.pass(milliseconds(5'000));
    const auto told = notifications();
    EXPECT_EQ(status(), "TRADE_SUCCESS");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(value_of(told.front(), "trade_status"), "TRADE_SUCCESS");
}

TEST_F(InOneProcess, ACloseThatIsRefusedHasNoLateMoneyToWaitFor) {
    fault(R"({"faults":[{"on":"alipay.trade.close","do":"late_money","delay_ms":5000}]})");
    const GatewayReply refused = call("trade.close", {{"out_trade_no", "T_1"}});
    EXPECT_THAT(refused.answer->body, HasSubstr("ACQ.TRADE_NOT_EXIST"));
    EXPECT_EQ(refused.delay, milliseconds(0));
    EXPECT_EQ(desk_->next_due(), std::nullopt);
}

// alipay.system.oauth.token knows no other node for a failure (protocol notes 9.17).
TEST_F(InOneProcess, ALoginFailsAsErrorResponseBeforeTheSignatureIsProvedToo) {
    const Fields fields = with(unsigned_request("alipay.system.oauth.token", Json::object()),
                               "sign", seal("another text", "app"));
    const GatewayReply reply =
        desk_->answer({.method = "POST",
                       .query = "charset=utf-8",
                       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                       .body = to_form(fields)});
    EXPECT_THAT(reply.answer->body, testing::StartsWith(R"({"error_response":)"));
    EXPECT_THAT(reply.answer->body, HasSubstr("isv.invalid-signature"));
}

TEST_F(InOneProcess, NotificationsAreLostDoubledDelayedAndForged) {
    fault(R"({"faults":[{"on":"notification.paid","do":"lose","attempts":1}]})");
    have_paid();
    EXPECT_EQ(notifications().size(), 1U);  // The first attempt was lost, not the second.
    fault(R"({"faults":[{"on":"notification.refund","do":"duplicate","copies":3,"nth":1},
                        {"on":"notification.refund","do":"wrong_amount","amount":"0.01","nth":2},
                        {"on":"notification.refund","do":"wrong_signature","nth":3},
                        {"on":"notification","do":"delay","delay_ms":60000,"nth":4}]})");
    const auto next = [this](const char* number) {
        clock_.pass(seconds(3));
        text("trade.refund", refund(number));
        return notifications();
    };
    const auto doubled = next("R_1");
    ASSERT_EQ(doubled.size(), 3U);
    EXPECT_EQ(value_of(doubled[0], "notify_id"), value_of(doubled[2], "notify_id"));
    EXPECT_EQ(value_of(next("R_2").at(0), "total_amount"), "0.01");
    const auto forged = next("R_3");
    EXPECT_NE(value_of(forged.at(0), "sign"),
              seal(canonical_content(forged.at(0), ContentRule::notification), "alipay"));
    EXPECT_TRUE(next("R_4").empty());
    clock_.pass(seconds(60));
    EXPECT_EQ(notifications().size(), 1U);
}

TEST_F(InOneProcess, NotificationsComeInTheWrongOrder) {
    fault(R"({"faults":[{"on":"notification.paid","do":"reorder"}]})");
    have_paid();
    EXPECT_TRUE(notifications().empty());
    text("trade.refund", refund());
    const auto told = notifications();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_TRUE(has_field(told[0], "refund_fee"));
    EXPECT_FALSE(has_field(told[1], "refund_fee"));
}

TEST_F(InOneProcess, ThePersonAtTheConsole) {
    const Trade paid = have_paid();
    notifications();
    ASSERT_TRUE(desk_->console_refunds(paid.trade_no, Money::from_fen(100)));
    const auto refunded = notifications();
    ASSERT_EQ(refunded.size(), 1U);
    const std::string number = value_of(refunded.front(), "out_biz_no");
    EXPECT_THAT(number, HasSubstr("console"));
    ASSERT_TRUE(desk_->console_deposits_back(paid.trade_no, number, "S"));
    const auto message = notifications();
    ASSERT_EQ(message.size(), 1U);
    EXPECT_EQ(value_of(message.front(), "msg_method"), "alipay.trade.refund.depositback.completed");
    EXPECT_THAT(value_of(message.front(), "biz_content"), HasSubstr(R"("dback_status":"S")"));
    EXPECT_EQ(value_of(message.front(), "utc_timestamp"), std::to_string(clock_.now().ms));
    ASSERT_TRUE(desk_->console_finishes(paid.trade_no));
    EXPECT_EQ(value_of(notifications().at(0), "trade_status"), "TRADE_FINISHED");
    EXPECT_FALSE(desk_->console_pays_late(paid.trade_no));
    EXPECT_FALSE(desk_->console_deposits_back(paid.trade_no, "none", "S"));
}

TEST(FaultBox, TheSameSeedStrikesTheSame) {
    const auto strikes = [](std::int64_t seed) {
        FaultBox box({.seed = seed, .rules = {{.on = "*", .percent = 30}}});
        std::string pattern;
        for (int i = 0; i < 200; ++i) pattern += box.for_call("m", "") ? 'x' : '.';
        return pattern;
    };
    EXPECT_EQ(strikes(7), strikes(7));
    EXPECT_NE(strikes(7), strikes(8));
    const auto hits = std::ranges::count(strikes(7), 'x');
    EXPECT_GT(hits, 30);
    EXPECT_LT(hits, 90);
}

TEST(FaultBox, PatternsOfNumbers) {
    EXPECT_TRUE(fits_pattern("", "T_1"));
    EXPECT_TRUE(fits_pattern("*", ""));
    EXPECT_TRUE(fits_pattern("LATE_*_x", "LATE_1_2_x"));
    EXPECT_FALSE(fits_pattern("LATE_*_x", "LATE_1_2_y"));
    EXPECT_FALSE(fits_pattern("T_1", "T_12"));
}

TEST(FaultPlan, NamesEveryMistakeAtOnce) {
    const auto loaded = config::load_faults(R"({
        // A plan with nothing right in it.
        "faults": [{"on": "trade", "do": "drop_answer"},
                   {"on": "alipay.trade.refund", "do": "lose"},
                   {"on": "alipay.trade.refund", "do": "refuse"},
                   {"on": "notification", "do": "delay"},
                   {"on": "alipay.trade.query", "do": "explode", "percent": 101, "when": 1}],
        "sede": 7})");
    ASSERT_TRUE(std::holds_alternative<std::vector<config::Problem>>(loaded));
    const std::string text = config::to_text(std::get<std::vector<config::Problem>>(loaded));
    for (const char* where :
         {"/faults/0/on", "/faults/1/do", "/faults/2/sub_code", "/faults/3/delay_ms",
          "/faults/4/do", "/faults/4/percent", "/faults/4/when", "/sede"}) {
        EXPECT_THAT(text, HasSubstr(where));
    }
}

}  // namespace
}  // namespace tollgate::sandbox
