// What Alipay says of a freeze by itself, and everybody who wants the same one at once.
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/gateway/preauth_world.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using testing::PreauthWorld;
using testing::replace;

// Alipay's word about A1; `change` bends it before it is signed.
signing::Fields told(const std::string& id, const std::string& operation = "FREEZE") {
    return {{"notify_time", "2026-11-11 00:00:00"},
            {"notify_type", operation == "FREEZE" ? "fund_auth_freeze" : "fund_auth_unfreeze"},
            {"notify_id", id},
            {"charset", "utf-8"},
            {"version", "1.0"},
            {"sign_type", "RSA2"},
            {"app_id", "2021000000000001"},
            {"auth_app_id", "2021000000000001"},
            {"auth_no", "2026auth"},
            {"out_order_no", "A1"},
            {"operation_id", "20261111001"},
            {"out_request_no", "A1"},
            {"operation_type", operation},
            {"amount", "10.00"},
            {"status", "SUCCESS"},
            {"payee_user_id", "2088000000000001"},
            {"payer_user_id", "2088000000000002"}};
}

std::string tell(PreauthWorld& world, const signing::Fields& fields) {
    return world.notify(GatewayWorld::signed_body(fields)).body;
}

std::string verdict(PreauthWorld& world, const std::string& id) {
    return world.text(
        "SELECT verdict || coalesce(' ' || reason, '') FROM notification WHERE"
        " notify_id = '" +
        id + "'");
}

TEST(PreauthNotice, FreezesWhatWaitsForItAndIsTakenOnce) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    world.fund.agree();
    // Nobody asks while this lasts: only the notification can have moved it.
    world.execute("UPDATE preauthorisation SET calling_until_ms = 9000000000000");
    EXPECT_EQ(tell(world, told("n1")), "success");
    EXPECT_EQ(world.one()["status"], "frozen");
    EXPECT_EQ(world.one()["auth_no"], "2026auth");
    EXPECT_EQ(tell(world, told("n1")), "success");
    EXPECT_EQ(tell(world, told("n2")), "success");
    EXPECT_EQ(verdict(world, "n1"), "accepted");
    EXPECT_EQ(verdict(world, "n2"), "stale no_news");
    EXPECT_EQ(world.events_of("frozen"), 1);
    const auto history = world.api("GET", "/v1/preauthorisations/shop/A1/history").json();
    EXPECT_EQ(history["transitions"][1]["cause"], "notification");
    EXPECT_EQ(history["transitions"][1]["cause_id"], "n1");
    world.execute("UPDATE preauthorisation SET calling_until_ms = NULL");
    EXPECT_EQ(world.end("confirm").status, 200);
    EXPECT_EQ(world.fund.taken(), 1'000);
}

TEST(PreauthNotice, ThatIsForgedMovesNothing) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    const auto forged = GatewayWorld::signed_body(told("n1"), testing::test_keys().stranger);
    EXPECT_EQ(world.notify(forged).body, "fail");
    EXPECT_EQ(world.one()["status"], "trying");
}

TEST(PreauthNotice, ThatFitsNothingIsADifferenceAndMovesNothing) {
    const std::vector<std::pair<std::string, std::string>> bends{
        {"amount", "9.99"}, {"payee_user_id", "2088000000000009"}, {"app_id", "2021000000000009"}};
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    for (const auto& [name, value] : bends) {
        auto fields = told("bent-" + name);
        replace(fields, name, value);
        EXPECT_EQ(tell(world, fields), "fail") << name;
        EXPECT_EQ(world.one()["status"], "trying") << name;
    }
    EXPECT_EQ(verdict(world, "bent-amount"), "rejected amount_mismatch");
    EXPECT_EQ(verdict(world, "bent-payee_user_id"), "rejected seller_id_mismatch");
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 3);
    EXPECT_EQ(tell(world, told("n1")), "success");
    auto other = told("n2");
    replace(other, "auth_no", "2026other");
    EXPECT_EQ(tell(world, other), "fail");
    EXPECT_EQ(verdict(world, "n2"), "rejected auth_no_mismatch");
}

TEST(PreauthNotice, OfAnEndIsAReasonToAskAtOnce) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    world.fund.release();
    EXPECT_EQ(tell(world, told("n1", "UNFREEZE")), "success");
    EXPECT_EQ(verdict(world, "n1"), "accepted asks");
    world.wait_for("cancelled");
    // What is over stays so, whatever comes late.
    EXPECT_EQ(tell(world, told("n2")), "success");
    EXPECT_EQ(verdict(world, "n2"), "stale no_news");
    EXPECT_EQ(world.one()["status"], "cancelled");
}

// The buyer agrees while it is being let go: that is no reason to keep it.
TEST(PreauthNotice, DoesNotBringBackWhatIsBeingCancelled) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    world.fund.refuse("alipay.fund.auth.operation.cancel", "SYSTEM_ERROR");
    world.fund.refuse("alipay.fund.auth.operation.detail.query", "SYSTEM_ERROR");
    EXPECT_EQ(world.end("cancel").status, 425);
    world.fund.agree();
    world.fund.heal();
    EXPECT_EQ(tell(world, told("n1")), "success");
    EXPECT_EQ(verdict(world, "n1"), "accepted asks");
    world.wait_for("cancelled");
    EXPECT_EQ(world.fund.order(), "FINISH");
    EXPECT_EQ(world.fund.taken(), 0);
}

TEST(PreauthNotice, AfterACancelWithoutATryIsADifference) {
    PreauthWorld world;
    ASSERT_EQ(world.end("cancel").status, 200);
    EXPECT_EQ(tell(world, told("n1")), "fail");
    EXPECT_EQ(world.one()["status"], "cancelled");
    EXPECT_EQ(world.count("SELECT count(*) FROM difference WHERE class = 'amount_mismatch'"), 1);
}

// Confirm, cancel, notification and two who look, all at once: never taken and let go, never
// neither.
TEST(PreauthRace, IsConfirmedOrCancelledAndNeverBoth) {
    for (int round = 0; round < 8; ++round) {
        PreauthWorld world;
        ASSERT_EQ(world.attempt("qr").status, 200);
        world.fund.agree();
        std::atomic<int> confirmed = 0;
        std::atomic<int> cancelled = 0;
        std::vector<std::thread> all;
        all.emplace_back([&] { tell(world, told("n1")); });
        all.emplace_back([&] { confirmed = world.end("confirm").status; });
        all.emplace_back([&] { cancelled = world.end("cancel").status; });
        all.emplace_back([&] { tell(world, told("n2")); });
        all.emplace_back([&] { world.one(); });
        for (auto& thread : all) thread.join();
        EXPECT_EQ((std::multiset<int>{confirmed, cancelled}), (std::multiset<int>{200, 409}));
        EXPECT_EQ(world.fund.taken(), confirmed == 200 ? 1'000 : 0);
        EXPECT_EQ(world.fund.captures(), confirmed == 200 ? 1 : 0);
        EXPECT_EQ(world.fund.order(), "FINISH");
        EXPECT_EQ(world.events_of("confirmed") + world.events_of("cancelled"), 1);
        EXPECT_EQ(world.count("SELECT count(*) FROM payment"), confirmed == 200 ? 1 : 0);
        EXPECT_EQ(world.count("SELECT count(*) FROM preauthorisation p WHERE p.version <> (SELECT"
                              " count(*) FROM preauthorisation_transition t WHERE"
                              " t.preauthorisation = p.id)"),
                  0);
    }
}

}  // namespace
}  // namespace tollgate
