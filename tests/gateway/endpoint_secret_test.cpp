// The secrets and keys of endpoints made through the API: what is shown of them, and what they
// sign.
#include "tests/gateway/endpoint_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::allow_loopback;
using testing::code_of;
using testing::GatewayWorld;
using testing::post;
using testing::VerifyingReceiver;
using testing::wrong_fields;

TEST(EndpointApi, AMadeEndpointGetsEventsSignedByTheSecretItWasShown) {
    GatewayWorld world(allow_loopback);
    VerifyingReceiver receiver;
    const auto made = post(world, "/v1/endpoints",
                           {{"id", "billing"},
                            {"url", receiver.url()},
                            {"description", "Billing"},
                            {"apps", {"shop"}},
                            {"event_types", {"payment.*"}},
                            {"ordered", true},
                            {"timeout_seconds", 5}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.header("location"), "/v1/endpoints/billing");
    const std::string secret = made.json()["secret"];
    EXPECT_TRUE(secret.starts_with("whsec_"));
    EXPECT_EQ(made.json()["origin"], "api");
    EXPECT_EQ(made.json()["rules"]["ordered"], true);
    EXPECT_EQ(made.json()["rules"]["timeout_seconds"], 5);
    world.pay("T1");
    EXPECT_TRUE(VerifyingReceiver::verifies(receiver.wait_for(1), secret));

    // Shown this once, and written nowhere else.
    for (const char* target : {"/v1/endpoints", "/v1/endpoints/billing"}) {
        const auto body = world.api("GET", target).body;
        EXPECT_EQ(body.find("whsec_"), std::string::npos);
        EXPECT_EQ(body.find(secret.substr(6)), std::string::npos);
    }
    EXPECT_EQ(world.log().find(secret.substr(6)), std::string::npos);
    EXPECT_EQ(world.log().find("whsec_"), std::string::npos);
    EXPECT_NE(world.log().find("endpoint.made"), std::string::npos);
    const auto shown = world.api("GET", "/v1/endpoints/billing").json();
    ASSERT_EQ(shown["signatures"].size(), 1U);
    EXPECT_TRUE(shown["signatures"][0]["created_at"].is_string());
}

TEST(EndpointApi, OfAnEd25519KeyOnlyThePublicHalfIsEverShown) {
    GatewayWorld world(allow_loopback);
    VerifyingReceiver receiver;
    const auto made = post(world, "/v1/endpoints", {{"url", receiver.url()}, {"signature", "v1a"}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_FALSE(made.json().contains("secret"));
    EXPECT_EQ(made.json()["apps"], json::array({"shop"}));
    EXPECT_EQ(made.body.find("whsk_"), std::string::npos);
    const auto signature = made.json()["signatures"][0];
    EXPECT_EQ(signature["scheme"], "v1a");
    const std::string id = made.json()["id"];
    EXPECT_TRUE(id.starts_with("ep-")) << id;
    EXPECT_EQ(post(world, "/v1/endpoints/" + id + "/test", json::object()).status, 202);
    EXPECT_TRUE(VerifyingReceiver::verifies(receiver.wait_for(1), signature["public_key"]));
    EXPECT_EQ(world.api("GET", "/v1/endpoints/" + id).body.find("whsk_"), std::string::npos);
    EXPECT_EQ(world.log().find("whsk_"), std::string::npos);
}

TEST(EndpointApi, RotationSignsWithBothSecretsWhileTheyOverlap) {
    GatewayWorld world(allow_loopback);
    VerifyingReceiver receiver;
    const std::string old =
        post(world, "/v1/endpoints", {{"id", "billing"}, {"url", receiver.url()}}).json()["secret"];
    const auto rotated = world.api("POST", "/v1/endpoints/billing/rotate");
    ASSERT_EQ(rotated.status, 200) << rotated.body;
    const std::string fresh = rotated.json()["secret"];
    EXPECT_NE(fresh, old);
    ASSERT_EQ(rotated.json()["signatures"].size(), 2U);
    EXPECT_TRUE(rotated.json()["signatures"][0]["expires_at"].is_null());
    EXPECT_TRUE(rotated.json()["signatures"][1]["expires_at"].is_string());
    world.pay("T1");
    const auto both = receiver.wait_for(1);
    EXPECT_TRUE(VerifyingReceiver::verifies(both, old));
    EXPECT_TRUE(VerifyingReceiver::verifies(both, fresh));

    const auto at_once = post(world, "/v1/endpoints/billing/rotate", {{"overlap_seconds", 0}});
    const std::string newest = at_once.json()["secret"];
    EXPECT_EQ(at_once.json()["signatures"].size(), 1U);
    world.pay("T2");
    const auto one = receiver.wait_for(2);
    EXPECT_TRUE(VerifyingReceiver::verifies(one, newest));
    EXPECT_FALSE(VerifyingReceiver::verifies(one, old));
    EXPECT_FALSE(VerifyingReceiver::verifies(one, fresh));
    for (const auto& secret : {old, fresh, newest}) {
        EXPECT_EQ(world.log().find(secret.substr(6)), std::string::npos);
    }

    EXPECT_EQ(wrong_fields(post(world, "/v1/endpoints/billing/rotate",
                                {{"overlap_seconds", 604'801}, {"secret", "mine"}})),
              (std::set<std::string>{"/overlap_seconds", "/secret"}));
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(world.api("POST", "/v1/endpoints/billing/rotate").status, 200);
    }
    EXPECT_EQ(code_of(world.api("POST", "/v1/endpoints/billing/rotate")), "too_many_secrets");
}

}  // namespace
}  // namespace tollgate
