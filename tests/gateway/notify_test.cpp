// Alipay's notifications, through the public listener of a whole gateway.
#include <thread>

#include <gtest/gtest.h>

#include "signing/form.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using testing::replace;
using testing::test_keys;

constexpr const char* kEvents = "SELECT count(*) FROM event WHERE type = 'payment.paid'";

TEST(Notify, PaysAnOrderAndTellsTheOrderService) {
    GatewayWorld world;
    ASSERT_EQ(world.create(GatewayWorld::order("T1")).status, 201);
    const auto answer = world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "success");
    EXPECT_EQ(answer.header("content-type"), "text/plain");
    EXPECT_EQ(world.payment_status("T1"), "paid");

    const auto event = world.events.wait_for(1).front();
    EXPECT_EQ(event["type"], "payment.paid");
    const auto payment = event["data"]["payment"];
    EXPECT_EQ(payment["out_trade_no"], "T1");
    EXPECT_EQ(payment["order"], "O-T1");
    EXPECT_EQ(payment["trade_no"], "2026T1");
    EXPECT_EQ(payment["amount"], 1'000);
    EXPECT_EQ(payment["version"], 2);
    EXPECT_EQ(payment["metadata"]["cart"], 7);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
}

TEST(Notify, AnswersSuccessWhateverTheRequestAcceptsOrWantsARangeOf) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const auto answer = world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")),
                                     {{"Accept-Encoding", "gzip, br"}, {"Range", "bytes=0-1"}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "success");
    EXPECT_EQ(answer.header("content-length"), "7");
    EXPECT_EQ(answer.header("content-encoding"), "");
}

TEST(Notify, CountsARepeatOnce) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const std::string body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    std::vector<std::thread> senders;
    std::atomic<int> successes = 0;
    for (int i = 0; i < 8; ++i) {
        senders.emplace_back([&] { successes += world.notify(body).body == "success" ? 1 : 0; });
    }
    for (auto& sender : senders) sender.join();
    EXPECT_EQ(successes, 8);
    EXPECT_EQ(world.count("SELECT count(*) FROM notification"), 1);
    EXPECT_EQ(world.count(kEvents), 1);
}

TEST(Notify, TakesAnotherNotificationOfTheSameNewsForStale) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto fields = GatewayWorld::paid("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    replace(fields, "notify_id", "another");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    EXPECT_EQ(world.text("SELECT verdict FROM notification WHERE notify_id = 'another'"), "stale");
    EXPECT_EQ(world.count(kEvents), 1);
}

TEST(Notify, NewsOfAnotherOrderIsNoRepeatWhateverItsId) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.create(GatewayWorld::order("T2"));
    auto fields = GatewayWorld::paid("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    const std::string id(*signing::find(fields, "notify_id"));
    fields = GatewayWorld::paid("T2");
    replace(fields, "notify_id", id);
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    EXPECT_EQ(world.count("SELECT count(*) FROM payment WHERE status = 'paid'"), 2);
    EXPECT_EQ(world.count(kEvents), 2);
}

TEST(Notify, WritesPaidOnTheWayToFinished) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto fields = GatewayWorld::paid("T1");
    replace(fields, "trade_status", "TRADE_FINISHED");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "finished");
    EXPECT_EQ(world.count("SELECT count(*) FROM transition"), 3);
    EXPECT_EQ(world.count(kEvents), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.finished'"), 1);
}

TEST(Notify, NeverClosesByANotificationAlone) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto fields = GatewayWorld::paid("T1");
    replace(fields, "trade_status", "TRADE_CLOSED");
    replace(fields, "gmt_payment", "");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "pending");
    // But somebody asks at once.
    world.wait_for_log("alipay.trade.query");
}

TEST(Notify, TakesAClosedTradeWithMoneyForPaidThenRefunded) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto fields = GatewayWorld::paid("T1");
    replace(fields, "trade_status", "TRADE_CLOSED");
    fields.emplace_back("refund_fee", "10.00");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "refunded");
    EXPECT_EQ(world.events.wait_for(2).size(), 2U);
}

TEST(Notify, NeverTakesARefundReportForASecondPayment) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    auto report = GatewayWorld::paid("T1");
    replace(report, "notify_id", "report");
    report.emplace_back("refund_fee", "5.00");
    report.emplace_back("out_biz_no", "R1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(report)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "paid");
    EXPECT_EQ(world.text("SELECT verdict || ' ' || reason FROM notification"
                         " WHERE notify_id = 'report'"),
              "accepted refund_report");
    EXPECT_EQ(world.count(kEvents), 1);
}

TEST(Notify, KeepsOtherKindsForLater) {
    GatewayWorld world;
    auto fields = GatewayWorld::paid("T1");
    replace(fields, "notify_type", "fund_auth_freeze");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    EXPECT_EQ(world.text("SELECT verdict || ' ' || kind FROM notification"),
              "ignored fund_auth_freeze");
}

// A verified notification that fails a check is real money: kept, a difference, and `fail`.
struct FailedCheck {
    const char* field;
    const char* value;
    const char* reason;
    bool holds;
};

class NotifyChecks : public ::testing::TestWithParam<FailedCheck> {};

TEST_P(NotifyChecks, OpensADifferenceAndMovesNothing) {
    const FailedCheck& check = GetParam();
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto fields = GatewayWorld::paid("T1");
    replace(fields, check.field, check.value);
    const std::string body = GatewayWorld::signed_body(fields);
    const auto answer = world.notify(body);
    EXPECT_EQ(answer.body, "fail");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(world.notify(body).body, "fail");  // And its repeat changes nothing.
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.text("SELECT verdict || ' ' || reason FROM notification"),
              std::string("rejected ") + check.reason);
    EXPECT_EQ(world.text("SELECT class FROM difference"), check.reason);
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 1);
    EXPECT_EQ(world.count("SELECT held FROM payment"), check.holds ? 1 : 0);
    EXPECT_EQ(world.events.wait_for(1).front()["type"], "difference.opened");
}

INSTANTIATE_TEST_SUITE_P(
    AllOfThem, NotifyChecks,
    ::testing::Values(FailedCheck{"out_trade_no", "T9", "unknown_order", false},
                      FailedCheck{"total_amount", "9.99", "amount_mismatch", true},
                      FailedCheck{"total_amount", "10.001", "field_malformed", false},
                      FailedCheck{"seller_id", "2088999999999999", "seller_id_mismatch", true},
                      FailedCheck{"seller_id", "", "field_missing", false},
                      FailedCheck{"app_id", "2021999999999999", "app_id_mismatch", true},
                      FailedCheck{"gmt_payment", "2020-01-01 00:00:00", "paid_before_created",
                                  true},
                      FailedCheck{"subject", "\xB2\xE2", "charset_invalid", false}),
    [](const auto& test) { return std::string(test.param.reason) + std::to_string(test.index); });

TEST(Notify, RefusesAnotherTradeForTheSamePayment) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    auto fields = GatewayWorld::paid("T1");
    replace(fields, "notify_id", "other");
    replace(fields, "trade_no", "2026OTHER");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "fail");
    EXPECT_EQ(world.text("SELECT class FROM difference"), "trade_no_mismatch");
}

TEST(Notify, RefusesATradeThatPaidAnotherPayment) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.create(GatewayWorld::order("T2"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    auto fields = GatewayWorld::paid("T2");
    replace(fields, "trade_no", "2026T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "fail");
    EXPECT_EQ(world.payment_status("T2"), "pending");
}

TEST(Notify, MarksASecondPaymentOfOneOrder) {
    GatewayWorld world;
    for (const char* number : {"T1", "T2"}) {
        auto order = GatewayWorld::order(number);
        order["order"] = "O1";
        world.create(order);
        world.notify(GatewayWorld::signed_body(GatewayWorld::paid(number)));
    }
    EXPECT_EQ(world.text("SELECT group_concat(surplus) FROM payment"), "0,1");
}

// Unverified ones: a row in the ring with its reason and a hint, and nothing else.
struct Forgery {
    const char* name;
    std::string (*body)();
    const char* reason;
    const char* hint;
};

std::string wrong_key() {
    return GatewayWorld::signed_body(GatewayWorld::paid("T1"), test_keys().stranger);
}
std::string own_key() {
    return GatewayWorld::signed_body(GatewayWorld::paid("T1"), test_keys().app);
}
std::string truncated() {
    auto body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    return body.substr(0, body.size() - 6);  // The padding, "%3D%3D".
}
std::string broken_escape() {
    return GatewayWorld::signed_body(GatewayWorld::paid("T1")) + "&x=%zz";
}
std::string duplicate_name() {
    return GatewayWorld::signed_body(GatewayWorld::paid("T1")) + "&out_trade_no=T1";
}
std::string changed_amount() {
    auto body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    return body.replace(body.find("total_amount=10"), 15, "total_amount=99");
}
std::string no_sign() {
    return signing::encode_form(GatewayWorld::paid("T1"));
}
std::string empty_body() {
    return "";
}

class NotifyForgeries : public ::testing::TestWithParam<Forgery> {};

TEST_P(NotifyForgeries, AreRefusedAndKeptWithAReason) {
    const Forgery& forgery = GetParam();
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const auto answer = world.notify(forgery.body());
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, "fail");
    world.wait_for_count("SELECT count(*) FROM notification WHERE notify_id IS NULL", 1);
    EXPECT_EQ(world.text("SELECT reason FROM notification"), forgery.reason);
    EXPECT_NE(world.text("SELECT hint FROM notification").find(forgery.hint), std::string::npos)
        << world.text("SELECT hint FROM notification");
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.count("SELECT count(*) FROM event"), 0);
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 0);
    // And the real one still gets through.
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
}

INSTANTIATE_TEST_SUITE_P(
    AllOfThem, NotifyForgeries,
    ::testing::Values(Forgery{"WrongKey", wrong_key, "sign_mismatch", ""},
                      Forgery{"AppsOwnKey", own_key, "sign_mismatch", "key"},
                      Forgery{"Truncated", truncated, "sign_not_base64", ""},
                      Forgery{"BrokenEscape", broken_escape, "form_malformed", ""},
                      Forgery{"DuplicateName", duplicate_name, "form_duplicate_name", ""},
                      Forgery{"ChangedAmount", changed_amount, "sign_mismatch", ""},
                      Forgery{"NoSign", no_sign, "sign_missing", ""},
                      Forgery{"Empty", empty_body, "sign_missing", ""}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Notify, RefusesAPackedBody) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const auto answer = world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")),
                                     {{"Content-Encoding", "gzip"}});
    EXPECT_EQ(answer.body, "fail");
    EXPECT_EQ(world.payment_status("T1"), "pending");
}

TEST(Notify, RefusesABodyOfTenMegabytes) {
    GatewayWorld world;
    EXPECT_EQ(world.notify(std::string(10 * 1024 * 1024, 'x')).status, 413);
    EXPECT_EQ(world.count("SELECT count(*) FROM notification"), 0);
}

// Every buyer has a return_url, signed by the same key and rule: it must not fill the dedup table.
TEST(Notify, TakesNoReturnUrlForANotification) {
    GatewayWorld world;
    auto fields = GatewayWorld::paid("T1");
    std::erase_if(fields, [](const auto& field) { return field.first == "notify_type"; });
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "fail");
    EXPECT_EQ(world.count("SELECT count(*) FROM notification WHERE notify_id IS NOT NULL"), 0);
}

TEST(Notify, MarksAHeldPaymentPaidWhenGenuineMoneyComes) {
    GatewayWorld world;
    const std::string id = world.create(GatewayWorld::order("T1")).json()["id"];
    auto wrong = GatewayWorld::paid("T1");
    replace(wrong, "notify_id", "wrong");
    replace(wrong, "total_amount", "9.99");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(wrong)).body, "fail");
    const auto held = world.api("GET", "/v1/payments/" + id).json();
    EXPECT_EQ(held["held"], true);
    EXPECT_EQ(held["version"], 2);
    EXPECT_EQ(held["action_withheld"], "held");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

TEST(Notify, KnowsOnlyItsOwnApps) {
    GatewayWorld world;
    EXPECT_EQ(world.notify("a=b", {}, "nobody").status, 404);
    EXPECT_EQ(world.public_get("/v1/payments").status, 404);
    EXPECT_EQ(world.public_get("/readyz").status, 404);
}

TEST(Notify, IsNotBlockedByAForgeryUnderTheSameNotifyId) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(world.notify(wrong_key()).body, "fail");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

TEST(Deliveries, AreTriedAgainUntilTheOrderServiceHears) {
    GatewayWorld world([](config::Settings& settings) {
        settings.endpoints[0].rules.waits.assign(20, std::chrono::seconds(1));
    });
    world.events.answer_with(500);
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    world.wait_for_count("SELECT count(*) >= 2 FROM every_attempt WHERE outcome = 'http_error'", 1);
    world.events.answer_with(204);
    world.events.wait_for(1);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
}

TEST(Deliveries, OfAnEarlierLifeArePickedUpAgain) {
    GatewayWorld world([](config::Settings& settings) {
        settings.endpoints[0].rules.waits.assign(20, std::chrono::seconds(1));
    });
    world.events.answer_with(503);
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    world.restart();
    world.events.answer_with(204);
    EXPECT_EQ(world.events.wait_for(1).front()["type"], "payment.paid");
}

TEST(Deliveries, WaitQuietlyForAnEndpointThatLeftTheConfiguration) {
    bool configured = true;
    GatewayWorld world([&](config::Settings& settings) {
        settings.endpoints[0].rules.waits.assign(20, std::chrono::seconds(1));
        if (!configured) settings.endpoints.clear();
    });
    world.events.answer_with(500);
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    world.wait_for_count("SELECT count(*) >= 1 FROM every_attempt WHERE outcome = 'http_error'", 1);
    configured = false;
    world.restart();
    world.create(GatewayWorld::order("T2"));
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'pending'"), 1);
    configured = true;
    world.events.answer_with(204);
    world.restart();
    EXPECT_EQ(world.events.wait_for(1).front()["type"], "payment.paid");
}

TEST(Deliveries, AreHeardByAReceiverThatTalksALot) {
    GatewayWorld world;
    world.events.answer_with(200, std::string(100'000, 'x'));
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM every_attempt"), 1);
}

}  // namespace
}  // namespace tollgate
