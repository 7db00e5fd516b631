// Cancels: of barcode payments whose outcome nobody knows, and the money that they find.
#include <gtest/gtest.h>

#include "tests/gateway/ending_world.h"

namespace tollgate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::EndingWorld;
using testing::GatewayWorld;
using Kind = testing::LittleAlipay::Fault::Kind;

// A barcode payment whose call was lost, as the product leaves it.
std::string lost_barcode(EndingWorld& world, const std::string& number) {
    auto id = world.make(number);
    world.execute(
        "UPDATE payment SET product = 'barcode', status = 'unknown' WHERE out_trade_no = '" +
        number + "'");
    return id;
}

TEST(Barcode, IsCancelledWhenNobodyKnowsItsOutcomeAfterTwoMinutes) {
    EndingWorld world;
    lost_barcode(world, "T1");
    world.little.open("T1");
    world.little.always("alipay.trade.query", {Kind::lose_answer});
    world.clock.pass(minutes(3));
    world.wait_for_status("T1", "closed");
    EXPECT_EQ(world.little.trade("T1").status, "TRADE_CLOSED");
}

TEST(Barcode, IsPaidAndRefundedWhenTheCancelFindsMoney) {
    EndingWorld world;
    const auto id = lost_barcode(world, "T1");
    world.little.pay("T1");
    world.little.always("alipay.trade.query", {Kind::lose_answer});
    world.clock.pass(minutes(3));
    world.wait_for_status("T1", "refunded");
    const auto events = world.events.wait_for(2);
    EXPECT_EQ(events[0]["type"], "payment.paid");
    EXPECT_EQ(events[1]["type"], "payment.refunded");
    EXPECT_EQ(world.text("SELECT origin || ' ' || status || ' ' || amount_fen FROM refund"),
              "cancel succeeded 1000");
    EXPECT_EQ(world.history(id).size(), 4U);  // unknown, closing, paid, refunded.
}

// Alipay's notification of what was sent back at its own pages, and the query that proves it.
void hear_of_refund(EndingWorld& world, const std::string& number, const std::string& sum) {
    auto report = GatewayWorld::paid("T1");
    for (auto& [name, value] : report) {
        if (name == "trade_status") value = "TRADE_CLOSED";
        if (name == "notify_id") value = "report-" + number;
    }
    report.emplace_back("refund_fee", sum);
    report.emplace_back("gmt_refund", "2026-11-11 00:00:00.000");
    report.emplace_back("out_biz_no", number);
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(report)).body, "success");
    world.clock.pass(seconds(1));
    world.wait_for_count(
        "SELECT count(*) FROM refund_report WHERE queries = 1"
        " AND out_request_no = '" +
            number + "'",
        1);
}

std::string refunds_of(EndingWorld& world) {
    return world.text(
        "SELECT group_concat(out_request_no || ' ' || origin || ' ' || amount_fen)"
        " FROM (SELECT * FROM refund ORDER BY out_request_no)");
}

TEST(Barcode, CountsOnceWhatWentBackBeforeTheCancel) {
    EndingWorld world;
    lost_barcode(world, "T1");
    world.little.pay("T1");
    auto trade = world.little.trade("T1");
    trade.status = "TRADE_CLOSED";
    trade.refunds.push_back({"CONSOLE1", 1'000});
    world.little.set("T1", trade);
    world.little.always("alipay.trade.query", {Kind::lose_answer});
    world.clock.pass(minutes(3));
    world.wait_for_status("T1", "refunded");
    hear_of_refund(world, "CONSOLE1", "10.00");
    EXPECT_EQ(refunds_of(world), "CONSOLE1 cancel 1000");
}

// Two at Alipay's own pages; the cancel says only that money went back.
TEST(Barcode, CountsEachPartOnceThatWentBackBeforeTheCancel) {
    EndingWorld world;
    lost_barcode(world, "T1");
    world.little.pay("T1");
    auto trade = world.little.trade("T1");
    trade.status = "TRADE_CLOSED";
    trade.refunds = {{"CONSOLE1", 300}, {"CONSOLE2", 700}};
    world.little.set("T1", trade);
    world.little.always("alipay.trade.query", {Kind::lose_answer});
    world.clock.pass(minutes(3));
    world.wait_for_status("T1", "refunded");
    hear_of_refund(world, "CONSOLE1", "3.00");
    EXPECT_EQ(refunds_of(world), "CONSOLE1 external 300,T1 cancel 700");
    hear_of_refund(world, "CONSOLE2", "10.00");
    EXPECT_EQ(refunds_of(world), "CONSOLE1 external 300,CONSOLE2 cancel 700");
}

TEST(Barcode, IsCancelledAgainWhileTheCancelIsInDoubt) {
    EndingWorld world;
    const auto id = lost_barcode(world, "T1");
    world.little.open("T1");
    world.little.next("alipay.trade.cancel", {Kind::lose_request});
    const auto first = world.api("POST", "/v1/payments/" + id + "/cancel");
    EXPECT_EQ(first.status, 202) << first.body;
    world.clock.pass(seconds(15));
    world.wait_for_status("T1", "closed");
    EXPECT_EQ(world.little.calls("alipay.trade.cancel"), 2);
}

TEST(Barcode, KeepsTheMoneyThatAQueryFindsBeforeTheCancel) {
    EndingWorld world;
    const auto id = lost_barcode(world, "T1");
    world.little.pay("T1");
    const auto answer = world.api("POST", "/v1/payments/" + id + "/cancel");
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json()["code"], "payment_paid");
    EXPECT_EQ(world.little.refunded("T1"), 0);
}

TEST(Cancel, IsForBarcodePaymentsAlone) {
    EndingWorld world;
    const auto answer = world.api("POST", "/v1/payments/" + world.make("T1") + "/cancel");
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json()["code"], "not_a_barcode_payment");
}

}  // namespace
}  // namespace tollgate
