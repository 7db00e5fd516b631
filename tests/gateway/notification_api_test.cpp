// Notifications as the API shows them, and one that is processed again.
#include <gtest/gtest.h>

#include "tests/gateway/console_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::GatewayWorld;
using testing::test_keys;

// A notification that was signed with a key the gateway does not know yet; its id.
std::string unverified(GatewayWorld& world, const std::string& number) {
    const std::string body =
        GatewayWorld::signed_body(GatewayWorld::paid(number), test_keys().stranger);
    EXPECT_EQ(world.notify(body).status, 400);
    world.wait_for_count("SELECT count(*) FROM notification WHERE kind = 'unverified'", 1);
    const auto list = world.api("GET", "/v1/notifications?verdict=rejected").json();
    return list["notifications"][0]["id"];
}

Answer reprocess(GatewayWorld& world, const std::string& id,
                 const std::string& key = GatewayWorld::kKey) {
    return world.api("POST", "/v1/notifications/" + id + "/reprocess", "", {}, key);
}

bool know_the_stranger(GatewayWorld& world) {
    return world.reload([](config::Settings& settings) {
        settings.apps[0].alipay_public_keys.push_back(
            test_keys().stranger.public_half().to_spki_pem());
    });
}

TEST(NotificationApi, ShowsWhatBecameOfEach) {
    GatewayWorld world;
    const std::string payment = world.create(GatewayWorld::order("T1")).json()["id"];
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    unverified(world, "T2");
    const auto all = world.api("GET", "/v1/notifications").json();
    ASSERT_EQ(all["notifications"].size(), 2U);
    EXPECT_TRUE(all["next"].is_null());
    const auto& rejected = all["notifications"][0];
    EXPECT_EQ(rejected["verdict"], "rejected");
    EXPECT_FALSE(rejected["hint"].get<std::string>().empty());
    EXPECT_TRUE(rejected["payment"].is_null());
    const auto of_payment =
        world.api("GET", "/v1/notifications?payment=" + payment).json()["notifications"];
    ASSERT_EQ(of_payment.size(), 1U);
    EXPECT_EQ(of_payment[0]["verdict"], "accepted");
    EXPECT_EQ(of_payment[0]["payment"], payment);
    EXPECT_EQ(of_payment[0]["out_trade_no"], "T1");
    EXPECT_EQ(of_payment[0]["trade_status"], "TRADE_SUCCESS");
    const std::string id = of_payment[0]["id"];
    EXPECT_EQ(world.api("GET", "/v1/notifications/" + id).json(), of_payment[0]);
    const auto paged = world.api("GET", "/v1/notifications?limit=1").json();
    EXPECT_EQ(paged["notifications"].size(), 1U);
    EXPECT_FALSE(paged["next"].is_null());
}

TEST(NotificationApi, ShowsABodyWithTheRightToOperateAlone) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    EXPECT_TRUE(world.api("GET", "/v1/notifications").json()["notifications"][0].contains("body"));
    const auto looker = world.api("GET", "/v1/notifications", "", {}, GatewayWorld::kLookKey);
    EXPECT_FALSE(looker.json()["notifications"][0].contains("body"));
    // Of other apps there is nothing to see.
    const auto stranger = world.api("GET", "/v1/notifications", "", {}, GatewayWorld::kReadKey);
    EXPECT_TRUE(stranger.json()["notifications"].empty());
    EXPECT_EQ(world.api("GET", "/v1/notifications/1", "", {}, GatewayWorld::kReadKey).status, 404);
}

TEST(NotificationApi, ProcessesAgainWhatVerifiesByNow) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const std::string id = unverified(world, "T1");
    EXPECT_EQ(world.payment_status("T1"), "pending");
    ASSERT_TRUE(know_the_stranger(world));
    const auto answer = reprocess(world, id);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["verdict"], "accepted");
    EXPECT_EQ(answer.json()["duplicate"], false);
    EXPECT_EQ(world.payment_status("T1"), "paid");
    world.events.wait_for(1);
    // Once: by the same key as if Alipay had sent it twice.
    EXPECT_EQ(reprocess(world, id).json()["duplicate"], true);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.paid'"), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM notification WHERE notify_id = 'notify-T1'"), 1);
}

TEST(NotificationApi, NeverSkipsTheVerification) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const std::string id = unverified(world, "T1");
    const auto answer = reprocess(world, id);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json()["code"], "notification_unverified");
    EXPECT_FALSE(answer.json()["reason"].get<std::string>().empty());
    EXPECT_FALSE(answer.json()["hint"].get<std::string>().empty());
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.count("SELECT count(*) FROM notification"), 1);
}

TEST(NotificationApi, MakesTheBusinessChecksOfAFreshOne) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1", 999));  // Another amount than was paid.
    const std::string id = unverified(world, "T1");
    ASSERT_TRUE(know_the_stranger(world));
    const auto answer = reprocess(world, id);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["verdict"], "rejected");
    EXPECT_FALSE(answer.json()["difference"].is_null());
    EXPECT_NE(world.payment_status("T1"), "paid");
}

TEST(NotificationApi, RefusesWhoMayNotOperateAndWhatIsNotThere) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    const std::string id = unverified(world, "T1");
    EXPECT_EQ(reprocess(world, id, GatewayWorld::kLookKey).status, 403);
    for (const char* nothing : {"999999", "0", "-1", "notify-T1", "1x"}) {
        EXPECT_EQ(reprocess(world, nothing).status, 404) << nothing;
    }
    EXPECT_EQ(world.api("GET", "/v1/notifications?verdict=perhaps").status, 400);
}

// What Alipay sent holds buyers' data, and is removed after a set time; the audit stays.
TEST(NotificationApi, LeavesNoBodyInTheConsolesAudit) {
    testing::ConsoleWorld world;
    world.new_payment("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    world.sign_in("the-admin");
    const std::string id = world.get("/v1/notifications").json()["notifications"][0]["id"];
    EXPECT_TRUE(world.get("/v1/notifications/" + id).json().contains("body"));
    const auto again = world.act("POST", "/v1/notifications/" + id + "/reprocess");
    ASSERT_EQ(again.status, 200) << again.body;
    const auto entries = world.audit();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0]["action"], "notifications.reprocess");
    EXPECT_EQ(entries[0]["before"]["verdict"], "accepted");
    EXPECT_FALSE(entries[0]["before"].contains("body"));
    EXPECT_EQ(world.count("SELECT count(*) FROM operator_action WHERE instr(coalesce(after_json,"
                          " '') || coalesce(before_json, ''), 'trade_status=')"),
              0);
}

}  // namespace
}  // namespace tollgate
