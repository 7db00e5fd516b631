// Every method: the exact request, an answer of each kind, and what an unknown outcome leads to.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "gateway/alipay/check.h"
#include "gateway/alipay/method.h"
#include "tests/gateway/alipay_world.h"
#include "tests/gateway/method_cases.h"

namespace tollgate {
namespace {

using gateway::AnswerKind;
using gateway::find_method;
using nlohmann::json;
using testing::AlipayWorld;
using testing::kNotifyUrl;
using testing::method_cases;
using testing::MethodCase;
using testing::ScriptedAlipay;

std::map<std::string, std::string> as_map(const signing::Fields& fields) {
    std::map<std::string, std::string> map(fields.begin(), fields.end());
    EXPECT_EQ(map.size(), fields.size()) << "a name twice";
    return map;
}

bool on_top(const MethodCase& one) {
    return std::string_view(one.method) == "alipay.system.oauth.token";
}

Result<gateway::AlipayAnswer> call(AlipayWorld& world, const MethodCase& one) {
    return world.call(one.method, json::parse(one.fields), one.with_notify_url ? kNotifyUrl : "");
}

// The signature over all of it has been checked by the pretend Alipay.
TEST(Methods, SendExactlyWhatTheyShould) {
    AlipayWorld world;
    for (const MethodCase& one : method_cases()) {
        SCOPED_TRACE(one.method);
        world.answer_with(json::parse(one.done));
        ASSERT_TRUE(call(world, one));
        auto [query, body, headers] = world.alipay.requests().back();
        std::erase_if(query, [](const auto& field) { return field.first == "sign"; });
        std::map<std::string, std::string> common{{"app_id", "2021000000000001"},
                                                  {"method", one.method},
                                                  {"format", "JSON"},
                                                  {"charset", "utf-8"},
                                                  {"sign_type", "RSA2"},
                                                  {"timestamp", "2026-11-11 00:00:00"},
                                                  {"version", "1.0"}};
        if (one.with_notify_url) common["notify_url"] = kNotifyUrl;
        EXPECT_EQ(as_map(query), common);
        std::map<std::string, std::string> own{{"biz_content", one.fields}};
        if (on_top(one)) own = json::parse(one.fields).get<std::map<std::string, std::string>>();
        EXPECT_EQ(as_map(body), own);
    }
}

TEST(Methods, ActForAMerchantByHisToken) {
    AlipayWorld world(
        [](config::AppSettings& app) { app.app_auth_token = Secret("201509BBeff9351a"); });
    for (const MethodCase& one : method_cases()) {
        SCOPED_TRACE(one.method);
        world.answer_with(json::parse(one.done));
        ASSERT_TRUE(call(world, one));
        const auto [query, body, headers] = world.alipay.requests().back();
        EXPECT_EQ(signing::find(body, "app_auth_token"), "201509BBeff9351a");
        EXPECT_FALSE(signing::find(query, "app_auth_token")) << "addresses stand in logs";
    }
}

// What the buyer carries has to say it, too: in the address, or beside it in a form.
TEST(Methods, TheBuyerCarriesTheMerchantsToken) {
    AlipayWorld world(
        [](config::AppSettings& app) { app.app_auth_token = Secret("201509BBeff9351a"); });
    const auto& app = *world.apps->find("shop");
    const auto fields =
        gateway::sign_carried({.app = &app,
                               .method = "alipay.trade.page.pay",
                               .biz_content = {{"out_trade_no", "T_1"},
                                               {"total_amount", "1.00"},
                                               {"subject", "tea"},
                                               {"product_code", "FAST_INSTANT_TRADE_PAY"}},
                               .notify_url = kNotifyUrl,
                               .return_url = "",
                               .now = world.clock.now()},
                              world.entropy);
    ASSERT_TRUE(fields) << fields.error().message();
    EXPECT_NE(gateway::page_url(app, *fields).find("&app_auth_token=201509BBeff9351a"),
              std::string::npos);
    const std::string form = gateway::page_form(app, *fields);
    EXPECT_NE(form.find(R"(<input type="hidden" name="app_auth_token" value="201509BBeff9351a">)"),
              std::string::npos);
    EXPECT_EQ(form.find("&amp;app_auth_token"), std::string::npos);
}

TEST(Methods, SortEachAnswerIntoItsKind) {
    AlipayWorld world;
    for (const MethodCase& one : method_cases()) {
        SCOPED_TRACE(one.method);
        const auto kind = [&](const json& node) {
            world.answer_with(node);
            const auto answer = call(world, one);
            EXPECT_TRUE(answer) << answer.error().message();
            EXPECT_FALSE(answer && answer->meaning.empty());
            return answer ? name_of(answer->kind) : "none";
        };
        EXPECT_EQ(kind(json::parse(one.done)), "done");
        EXPECT_EQ(kind({{"code", "40004"}, {"sub_code", one.refused}}), "refused");
        EXPECT_EQ(kind(json::parse(one.wait)), "wait");
        EXPECT_EQ(kind({{"code", "20000"}, {"sub_code", "isp.unknow-error"}}), "unknown");
        EXPECT_EQ(kind({{"code", "40004"}, {"sub_code", "ACQ.SYSTEM_ERROR"}}), "unknown");
        EXPECT_EQ(kind({{"code", "40002"}, {"sub_code", "isv.invalid-signature"}}), "refused");
    }
}

// Protocol notes 9.0.1, case by case: whatever the way in which an outcome is lost, it is nothing
// but lost, and the method's description says what to do then.
TEST(Methods, KnowWhatAnUnknownOutcomeLeadsTo) {
    AlipayWorld world;
    for (const MethodCase& one : method_cases()) {
        SCOPED_TRACE(one.method);
        EXPECT_EQ(name_of(find_method(one.method)->after_unknown), one.after_unknown);
        const auto lost = [&](int status, const std::string& body) {
            world.answer_with_body(status, body);
            const auto answer = call(world, one);
            return !answer && answer.error().code() == ErrorCode::outcome_unknown;
        };
        EXPECT_TRUE(lost(502, "bad gateway"));
        EXPECT_TRUE(lost(200, ""));
        EXPECT_TRUE(lost(200, R"({"another_response":{"code":"10000"},"sign":"AAAA"})"));
        // Cut in the middle, and signed by nobody we know.
        const std::string whole = ScriptedAlipay::answer(one.method, json::parse(one.done)).body;
        EXPECT_TRUE(lost(200, whole.substr(0, whole.size() - 30)));
        std::string forged = whole;
        forged.replace(forged.find("\":\"") + 3, 1, "#");
        EXPECT_TRUE(lost(200, forged));
        // An unsigned failure is an answer, and proves nothing.
        const json refusal{{"code", "40004"}, {"sub_code", one.refused}};
        world.answer_with_body(200, ScriptedAlipay::unsigned_answer(one.method, refusal).body);
        const auto unsigned_one = call(world, one);
        ASSERT_TRUE(unsigned_one);
        EXPECT_EQ(unsigned_one->kind, AnswerKind::unknown);
        EXPECT_FALSE(unsigned_one->is_signed);
    }
}

TEST(Methods, AllHaveACaseAmongTheTests) {
    std::set<std::string_view> tested;
    for (const MethodCase& one : method_cases()) tested.insert(one.method);
    for (const gateway::Method* method : gateway::alipay_methods()) {
        const bool called = method->carrier == gateway::Carrier::server;
        EXPECT_EQ(tested.contains(method->name), called) << method->name;
    }
}

TEST(Methods, BelieveNoSuccessWithoutASignature) {
    AlipayWorld world;
    for (const MethodCase& one : method_cases()) {
        SCOPED_TRACE(one.method);
        world.answer_with_body(
            200, ScriptedAlipay::unsigned_answer(one.method, json::parse(one.done)).body);
        // Alipay signs no certificate's download: its chain proves it.
        const bool proves_itself =
            std::string_view(one.method) == "alipay.open.app.alipaycert.download";
        EXPECT_EQ(call(world, one).has_value(), proves_itself);
    }
}

TEST(Answer, IsOnlyTakenForTheNumberThatWasAsked) {
    AlipayWorld world;
    world.answer_with(
        {{"code", "10000"}, {"out_trade_no", "T_2"}, {"trade_status", "TRADE_SUCCESS"}});
    const auto answer = world.call("alipay.trade.query", {{"out_trade_no", "T_1"}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::outcome_unknown);
    world.answer_with({{"code", "10000"}, {"out_trade_no", "T_1"}});
    EXPECT_FALSE(world.call("alipay.trade.query", {{"out_trade_no", "T_1"}})) << "no trade_status";
}

TEST(Answer, IsExplained) {
    AlipayWorld world;
    world.answer_with({{"code", "40002"}, {"sub_code", "isv.invalid-signature"}});
    const auto answer = world.call("alipay.trade.query", {{"out_trade_no", "T_1"}});
    ASSERT_TRUE(answer);
    EXPECT_NE(answer->meaning.find("key pair"), std::string_view::npos);
    // A code that nobody has heard of settles nothing.
    world.answer_with({{"code", "50001"}, {"sub_code", "isv.new-thing"}});
    EXPECT_EQ(world.call("alipay.trade.query", {{"out_trade_no", "T_1"}})->kind,
              AnswerKind::unknown);
}

TEST(Codes, MeanTheSameHoweverTheyAreSpelt) {
    const auto kind = [](const char* method, const char* sub_code) {
        return gateway::sort_answer(*find_method(method), true, "40004", sub_code).kind;
    };
    for (const char* spelt : {"ACQ.SYSTEM_ERROR", "AQC.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR",
                              "isp.SYSTEM_ERROR", "SYSTEM_ERROR"}) {
        EXPECT_EQ(kind("alipay.trade.cancel", spelt), AnswerKind::unknown) << spelt;
    }
    EXPECT_EQ(kind("alipay.trade.pay", "ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION"),
              AnswerKind::refused);
    EXPECT_EQ(kind("alipay.trade.query", "isv.app-call-limited"), AnswerKind::wait);
    // The same code may mean different things: a payment that is paid, and one that is not there.
    EXPECT_EQ(kind("alipay.trade.pay", "ACQ.TRADE_HAS_SUCCESS"), AnswerKind::wait);
    EXPECT_EQ(kind("alipay.trade.refund", "ACQ.TRADE_HAS_SUCCESS"), AnswerKind::refused);
}

std::vector<std::string> places(const char* method, const json& fields, bool is_repeat = false) {
    testing::HandClock clock;
    std::vector<std::string> places;
    for (const auto& problem : gateway::check_fields(
             *find_method(method), fields, {.now = clock.now(), .is_repeat = is_repeat})) {
        places.push_back(problem.where);
    }
    std::ranges::sort(places);
    return places;
}

TEST(Check, NamesEveryMistakeAtOnce) {
    const json wrong{{"out_trade_no", "has space"},
                     {"out_request_no", std::string(65, 'x')},
                     {"refund_amount", "0.001"},
                     {"refund_reason", "two\nlines"},
                     {"refund_currency", "USD"},
                     {"query_options", {1, 2}},
                     {"colour", "red"}};
    EXPECT_EQ(
        places("alipay.trade.refund", wrong),
        (std::vector<std::string>{"/colour", "/out_request_no", "/out_trade_no", "/query_options",
                                  "/refund_amount", "/refund_currency", "/refund_reason"}));
    EXPECT_EQ(places("alipay.trade.refund", json::object()),
              (std::vector<std::string>{"/out_request_no", "/out_trade_no", "/refund_amount"}));
    EXPECT_EQ(places("alipay.trade.query", json::array()), std::vector<std::string>{"/"});
}

TEST(Check, SendsNothingThatIsWrong) {
    AlipayWorld world;
    const auto answer = world.call("alipay.trade.refund", {{"out_trade_no", "T 1"}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(answer.error().reason(), "call_not_valid");
    for (const char* place : {"/out_trade_no", "/out_request_no", "/refund_amount"}) {
        EXPECT_NE(answer.error().message().find(place), std::string::npos) << place;
    }
    EXPECT_TRUE(world.alipay.requests().empty());
}

TEST(Check, KnowsTheRangeOfAmounts) {
    const auto right = [](const char* amount) {
        return places("alipay.trade.refund",
                      {{"out_trade_no", "T1"}, {"out_request_no", "R1"}, {"refund_amount", amount}})
            .empty();
    };
    for (const char* amount : {"0.01", "1", "88.8", "100000000.00"}) EXPECT_TRUE(right(amount));
    for (const char* amount : {"0", "0.00", "100000000.01", "-1", "1.234", "1e3", " 1", "１"}) {
        EXPECT_FALSE(right(amount)) << amount;
    }
}

TEST(Check, KnowsTheWindowOfTimeExpire) {
    const auto right = [](const char* time, bool is_repeat = false) {
        return places("alipay.trade.precreate",
                      {{"out_trade_no", "T1"},
                       {"total_amount", "1.00"},
                       {"subject", "x"},
                       {"time_expire", time}},
                      is_repeat)
            .empty();
    };
    EXPECT_TRUE(right("2026-11-11 00:01:00"));
    EXPECT_TRUE(right("2026-11-26 00:00:00"));
    EXPECT_FALSE(right("2026-11-26 00:00:01"));
    EXPECT_FALSE(right("2026-11-11 00:00:30"));
    EXPECT_FALSE(right("2026-11-10 23:59:00"));
    EXPECT_FALSE(right("2026-02-30 00:00:00"));
    EXPECT_FALSE(right("2026-11-11 00:30"));
    // A repeat must say what the first one said.
    EXPECT_TRUE(right("2026-11-10 23:59:00", true));
    EXPECT_FALSE(right("2026-11-26 00:00:01", true));
}

TEST(Check, KnowsTheFormsOfNumbersAndCodes) {
    const auto pay = [](const char* name, const json& value) {
        json fields{{"out_trade_no", "T1"},
                    {"total_amount", "1.00"},
                    {"subject", "x"},
                    {"auth_code", "280000000000000001"}};
        fields[name] = value;
        return places("alipay.trade.pay", fields).empty();
    };
    EXPECT_TRUE(pay("auth_code", "fp" + std::string(33, 'a')));
    EXPECT_FALSE(pay("auth_code", "310000000000000001"));
    EXPECT_FALSE(pay("auth_code", "28000000000000001x"));
    EXPECT_FALSE(pay("auth_code", "280000000000000"));
    EXPECT_TRUE(pay("buyer_id", "2088000000000001"));
    EXPECT_FALSE(pay("buyer_id", "2089000000000001"));
    for (const char* right : {"1m", "90m", "2h", "15d", "1c"}) {
        EXPECT_TRUE(pay("timeout_express", right)) << right;
    }
    for (const char* wrong : {"1.5h", "0m", "16d", "m", "2c", "99999999999m"}) {
        EXPECT_FALSE(pay("timeout_express", wrong)) << wrong;
    }
    EXPECT_FALSE(pay("subject", "a=b"));
    EXPECT_FALSE(pay("subject", "   "));
    EXPECT_FALSE(pay("subject", "\xFF"));
    EXPECT_FALSE(pay("goods_detail", json::object()));
}

TEST(Check, KnowsWhichFieldsGoTogether) {
    const std::string cancel = "alipay.fund.auth.operation.cancel";
    EXPECT_TRUE(places(cancel.c_str(), {{"auth_no", "1"}, {"operation_id", "2"}}).empty());
    EXPECT_EQ(places(cancel.c_str(), {{"auth_no", "1"}, {"out_request_no", "2"}}),
              std::vector<std::string>{"/auth_no"});
    EXPECT_EQ(places("alipay.fund.auth.operation.detail.query", {{"auth_no", "1"}}),
              std::vector<std::string>{"/operation_id"});
    const json page{{"out_trade_no", "T1"},
                    {"total_amount", "1.00"},
                    {"subject", "x"},
                    {"product_code", "FAST_INSTANT_TRADE_PAY"},
                    {"enable_pay_channels", "balance"},
                    {"disable_pay_channels", "pcredit"}};
    EXPECT_EQ(places("alipay.trade.page.pay", page),
              std::vector<std::string>{"/disable_pay_channels"});
}

}  // namespace
}  // namespace tollgate
