// Endpoints made, changed, parked, tested and removed through the API.
#include "tests/gateway/endpoint_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::allow_loopback;
using testing::Answer;
using testing::code_of;
using testing::GatewayWorld;
using testing::kDelivered;
using testing::post;
using testing::VerifyingReceiver;
using testing::wrong_fields;

void allow_loopback_with_books(config::Settings& settings) {
    allow_loopback(settings);
    GatewayWorld::add_books(settings);
}

TEST(EndpointApi, ShowsWhatTheSettingsSayButNoSecret) {
    GatewayWorld world;
    const auto list = world.api("GET", "/v1/endpoints");
    ASSERT_EQ(list.json()["endpoints"].size(), 1U) << list.body;
    const auto one = world.api("GET", "/v1/endpoints/orders");
    EXPECT_EQ(one.json(), list.json()["endpoints"][0]);
    const auto shown = one.json();
    EXPECT_EQ(shown["id"], "orders");
    EXPECT_EQ(shown["origin"], "config");
    EXPECT_EQ(shown["url"], world.events.url());
    EXPECT_EQ(shown["status"], "enabled");
    EXPECT_EQ(shown["apps"], json::array());
    EXPECT_EQ(shown["rules"]["timeout_seconds"], 30);
    EXPECT_EQ(shown["rules"]["schedule"].size(), 9U);
    EXPECT_EQ(shown["health"], (json{{"breaker", "closed"},
                                     {"failing_since", nullptr},
                                     {"open_until", nullptr},
                                     {"openings", 0}}));
    EXPECT_EQ(shown["load"],
              (json{{"pending", 0}, {"oldest_pending_at", nullptr}, {"given_up", 0}}));
    EXPECT_EQ(shown["signatures"], (json::array({{{"scheme", "v1"}}})));
    EXPECT_EQ(list.body.find("whsec_"), std::string::npos);
}

TEST(EndpointApi, SaysHowAnEndpointIs) {
    GatewayWorld world;
    world.events.answer_with(500);
    world.pay("T1");
    world.wait_for_count("SELECT count(*) >= 1 FROM every_attempt", 1);
    auto shown = world.api("GET", "/v1/endpoints/orders").json();
    EXPECT_TRUE(shown["health"]["failing_since"].is_string()) << shown;
    EXPECT_EQ(shown["load"]["pending"], 1);
    EXPECT_TRUE(shown["load"]["oldest_pending_at"].is_string());
    world.execute("UPDATE endpoint SET open_until_ms = 1, openings = 2");
    EXPECT_EQ(world.api("GET", "/v1/endpoints/orders").json()["health"]["breaker"], "probing");
    world.execute("UPDATE endpoint SET open_until_ms = 9000000000000");
    shown = world.api("GET", "/v1/endpoints/orders").json();
    EXPECT_EQ(shown["health"]["breaker"], "open");
    EXPECT_EQ(shown["health"]["openings"], 2);
}

TEST(EndpointApi, ARepeatUnderOneKeyMakesOneEndpointAndShowsNoSecretAgain) {
    GatewayWorld world;
    const json wanted{{"url", "https://orders.example/events"}};
    const transport::HeaderList key{{"Idempotency-Key", "make-1"}};
    const auto first = post(world, "/v1/endpoints", wanted, key);
    ASSERT_EQ(first.status, 201) << first.body;
    const auto again = post(world, "/v1/endpoints", wanted, key);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
    EXPECT_EQ(again.json()["id"], first.json()["id"]);
    EXPECT_TRUE(first.json().contains("secret"));
    EXPECT_FALSE(again.json().contains("secret"));
    const auto other = post(world, "/v1/endpoints", {{"url", "https://other.example/"}}, key);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(code_of(other), "idempotency_key_reused");
    EXPECT_EQ(world.count("SELECT count(*) FROM endpoint WHERE origin = 'api'"), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM idempotency WHERE body LIKE '%whsec_%'"), 0);
}

TEST(EndpointApi, ARepeatUnderOneKeyRotatesAndTestsOnce) {
    GatewayWorld world;
    const auto made = post(world, "/v1/endpoints", {{"url", "https://orders.example/events"}});
    const std::string path = "/v1/endpoints/" + made.json()["id"].get<std::string>();
    const transport::HeaderList key{{"Idempotency-Key", "once"}};
    const auto first = post(world, path + "/rotate", json::object(), key);
    ASSERT_EQ(first.status, 200) << first.body;
    const auto again = post(world, path + "/rotate", json::object(), key);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
    EXPECT_TRUE(first.json().contains("secret"));
    EXPECT_FALSE(again.json().contains("secret"));
    EXPECT_EQ(world.count("SELECT count(*) FROM endpoint_secret"), 2);
    EXPECT_EQ(world.count("SELECT count(*) FROM idempotency WHERE body LIKE '%whsec_%'"), 0);
    // Another path, another body: another request.
    EXPECT_EQ(code_of(post(world, path + "/test", json::object(), key)), "idempotency_key_reused");
    EXPECT_EQ(code_of(post(world, path + "/rotate", {{"overlap_seconds", 1}}, key)),
              "idempotency_key_reused");
    const transport::HeaderList other{{"Idempotency-Key", "twice"}};
    const auto tested = post(world, path + "/test", json::object(), other);
    ASSERT_EQ(tested.status, 202);
    EXPECT_EQ(post(world, path + "/test", json::object(), other).body, tested.body);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'endpoint.test'"), 1);
    // Without a key each is one of its own; a key that is none is said to be none.
    EXPECT_EQ(post(world, path + "/test", json::object()).status, 202);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'endpoint.test'"), 2);
    EXPECT_EQ(
        wrong_fields(post(world, path + "/test", json::object(), {{"Idempotency-Key", "not one"}})),
        std::set<std::string>{"Idempotency-Key"});
}

TEST(EndpointApi, NamesEveryWrongMemberAtOnce) {
    GatewayWorld world;
    const auto answer = post(world, "/v1/endpoints?now=1",
                             {{"id", "Not An Id"},
                              {"description", std::string(201, 'x')},
                              {"apps", {"books"}},
                              {"event_types", {"paid"}},
                              {"signature", "v2"},
                              {"schedule", "never"},
                              {"timeout_seconds", 0},
                              {"in_flight_max", 1'000},
                              {"secret", "whsec_mine"}});
    EXPECT_EQ(wrong_fields(answer), std::set<std::string>{"?now"});
    const auto body = post(world, "/v1/endpoints",
                           answer.status == 400 ? json{{"id", "Not An Id"},
                                                       {"description", std::string(201, 'x')},
                                                       {"apps", {"books"}},
                                                       {"event_types", {"paid"}},
                                                       {"signature", "v2"},
                                                       {"schedule", "never"},
                                                       {"timeout_seconds", 0},
                                                       {"in_flight_max", 1'000},
                                                       {"secret", "whsec_mine"}}
                                                : json());
    EXPECT_EQ(
        wrong_fields(body),
        (std::set<std::string>{"/id", "/url", "/description", "/apps", "/event_types", "/signature",
                               "/schedule", "/timeout_seconds", "/in_flight_max", "/secret"}));
    EXPECT_EQ(body.body.find("whsec_mine"), std::string::npos);
    EXPECT_EQ(wrong_fields(post(world, "/v1/endpoints",
                                {{"url", "https://a.example/"}, {"apps", json::array()}})),
              std::set<std::string>{"/apps"});
}

TEST(EndpointApi, AnIdIsTakenForEver) {
    GatewayWorld world;
    const json wanted{{"id", "billing"}, {"url", "https://billing.example/"}};
    EXPECT_EQ(post(world, "/v1/endpoints", wanted).status, 201);
    EXPECT_EQ(code_of(post(world, "/v1/endpoints", wanted)), "endpoint_id_taken");
    EXPECT_EQ(world.api("DELETE", "/v1/endpoints/billing").status, 204);
    EXPECT_EQ(world.api("GET", "/v1/endpoints/billing").status, 404);
    EXPECT_EQ(code_of(post(world, "/v1/endpoints", wanted)), "endpoint_id_taken");
    EXPECT_EQ(world.api("GET", "/v1/endpoints").json()["endpoints"].size(), 1U);
}

TEST(EndpointApi, AChangeChangesOnlyWhatItNames) {
    GatewayWorld world;
    const auto before = post(world, "/v1/endpoints",
                             {{"id", "billing"},
                              {"url", "https://billing.example/"},
                              {"description", "Billing"},
                              {"event_types", {"payment.paid"}},
                              {"schedule", "alipay"}})
                            .json();
    const auto patch = [&](const json& body) {
        return world.api("PATCH", "/v1/endpoints/billing", body.dump());
    };
    const auto answer = patch({{"description", ""}, {"in_flight_max", 2}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    auto expected = before;
    expected.erase("secret");
    expected["description"] = "";
    expected["rules"]["in_flight_max"] = 2;
    auto after = answer.json();
    expected["updated_at"] = after["updated_at"];
    EXPECT_EQ(after, expected);
    EXPECT_EQ(patch({{"event_types", json::array()}}).json()["event_types"], json::array());
    EXPECT_EQ(patch({{"url", "https://other.example/x"}}).json()["url"], "https://other.example/x");
    EXPECT_EQ(patch({{"schedule", {1, 2}}}).json()["rules"]["schedule"], (json{1, 2}));

    EXPECT_EQ(wrong_fields(patch(json::object())), std::set<std::string>{"/"});
    EXPECT_EQ(wrong_fields(patch({{"url", "https://10.0.0.1/"}, {"id", "x"}, {"signature", "v1"}})),
              (std::set<std::string>{"/url", "/id", "/signature"}));
    EXPECT_EQ(world.api("PATCH", "/v1/endpoints/none", R"({"description": "x"})").status, 404);
    EXPECT_NE(world.log().find("endpoint.changed"), std::string::npos);
}

TEST(EndpointApi, AParkedEndpointKeepsItsEventsUntilItIsEnabled) {
    GatewayWorld world;
    auto parked = world.api("POST", "/v1/endpoints/orders/park");
    EXPECT_EQ(parked.status, 200) << parked.body;
    EXPECT_EQ(parked.json()["status"], "parked");
    EXPECT_EQ(parked.json()["parked_reason"], "by_hand");
    world.pay("T1");
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'pending'", 1);
    EXPECT_EQ(world.api("GET", "/v1/endpoints/orders").json()["load"]["pending"], 1);
    EXPECT_EQ(world.events.count(), 0U);
    world.restart();
    EXPECT_EQ(world.api("GET", "/v1/endpoints/orders").json()["parked_reason"], "by_hand");
    EXPECT_EQ(world.events.count(), 0U);
    EXPECT_EQ(world.api("POST", "/v1/endpoints/orders/enable").json()["status"], "enabled");
    EXPECT_EQ(world.events.wait_for(1)[0]["type"], "payment.paid");
    EXPECT_NE(world.log().find("endpoint.parked"), std::string::npos);
    EXPECT_NE(world.log().find("endpoint.enabled"), std::string::npos);
    EXPECT_EQ(wrong_fields(world.api("POST", "/v1/endpoints/orders/park", R"({"why": 1})")),
              std::set<std::string>{"/why"});
}

TEST(EndpointApi, WhatTheSettingsSayIsChangedThere) {
    GatewayWorld world;
    EXPECT_EQ(code_of(world.api("PATCH", "/v1/endpoints/orders", R"({"description": "x"})")),
              "configured_elsewhere");
    EXPECT_EQ(code_of(world.api("DELETE", "/v1/endpoints/orders")), "configured_elsewhere");
    EXPECT_EQ(code_of(world.api("POST", "/v1/endpoints/orders/rotate")), "configured_elsewhere");
    EXPECT_EQ(world.api("GET", "/v1/endpoints/orders").json()["status"], "enabled");
}

TEST(EndpointApi, AnEndpointThatLeftTheSettingsCannotBeEnabled) {
    bool configured = true;
    GatewayWorld world([&](config::Settings& settings) {
        if (!configured) settings.endpoints.clear();
    });
    configured = false;
    world.restart();
    EXPECT_EQ(world.api("GET", "/v1/endpoints/orders").json()["parked_reason"], "not_in_settings");
    EXPECT_EQ(code_of(world.api("POST", "/v1/endpoints/orders/enable")), "configured_elsewhere");
}

TEST(EndpointApi, ATestReachesItsEndpointAloneAndNoCursor) {
    GatewayWorld world(allow_loopback);
    VerifyingReceiver receiver;
    post(world, "/v1/endpoints",
         {{"id", "billing"}, {"url", receiver.url()}, {"event_types", {"refund.*"}}});
    const auto tested = world.api("POST", "/v1/endpoints/billing/test");
    ASSERT_EQ(tested.status, 202) << tested.body;
    const std::string id = tested.json()["event"];
    const auto got = receiver.wait_for(1);
    EXPECT_EQ(got.header("webhook-id"), id);
    const auto event = json::parse(got.body);
    EXPECT_EQ(event["type"], "endpoint.test");
    EXPECT_EQ(event["data"], (json{{"endpoint", {{"id", "billing"}}}}));
    world.wait_for_count(kDelivered, 1);
    EXPECT_EQ(world.events.count(), 0U);
    EXPECT_EQ(world.api("GET", "/v1/events").json()["events"].size(), 0U);
    EXPECT_EQ(world.api("GET", "/v1/events/" + id).json()["deliveries"].size(), 1U);
    // Done again, it is still that endpoint's alone.
    const auto again = world.api("POST", "/v1/events/" + id + "/redeliver");
    EXPECT_EQ(again.json()["deliveries"].size(), 1U);
    EXPECT_EQ(
        code_of(world.api("POST", "/v1/events/" + id + "/redeliver", R"({"endpoint": "orders"})")),
        "endpoint_not_for_event");

    const auto example = post(world, "/v1/endpoints/orders/test", {{"type", "payment.paid"}});
    EXPECT_EQ(example.status, 202) << example.body;
    const auto shown = world.events.wait_for(1)[0];
    EXPECT_EQ(shown["type"], "endpoint.test");
    EXPECT_EQ(shown["data"]["example"]["data"]["payment"]["status"], "paid");
    EXPECT_EQ(wrong_fields(post(world, "/v1/endpoints/orders/test", {{"type", "payment.lost"}})),
              std::set<std::string>{"/type"});
}

TEST(EndpointApi, AsksForTheRight) {
    GatewayWorld world;
    for (const char* target :
         {"/v1/endpoints", "/v1/endpoints/orders", "/v1/endpoints/orders/deliveries"}) {
        EXPECT_EQ(world.api("GET", target, "", {}, "tgk_nobody").status, 401) << target;
        EXPECT_EQ(world.api("GET", target, "", {}, GatewayWorld::kLookKey).status, 200) << target;
    }
    const std::vector<std::pair<std::string, std::string>> changes{{"POST", ""},
                                                                   {"PATCH", "/orders"},
                                                                   {"DELETE", "/orders"},
                                                                   {"POST", "/orders/rotate"},
                                                                   {"POST", "/orders/enable"},
                                                                   {"POST", "/orders/park"},
                                                                   {"POST", "/orders/test"}};
    for (const auto& [method, path] : changes) {
        const auto answer =
            world.api(method, "/v1/endpoints" + path, "{}", {}, GatewayWorld::kLookKey);
        EXPECT_EQ(answer.status, 403) << method << path;
        EXPECT_EQ(code_of(answer), "right_missing");
    }
}

TEST(EndpointApi, OthersEndpointsAreInvisibleAndSharedOnesAreNotToBeChanged) {
    GatewayWorld world(allow_loopback_with_books);
    post(world, "/v1/endpoints", {{"id", "shops"}, {"url", "https://shop.example/"}});
    const auto theirs = [&](const char* method, const std::string& path,
                            const std::string& body = "") {
        return world.api(method, "/v1/endpoints" + path, body, {}, GatewayWorld::kBooksKey);
    };
    EXPECT_EQ(theirs("GET", "/shops").status, 404);
    EXPECT_EQ(theirs("GET", "/shops/deliveries").status, 404);
    EXPECT_EQ(theirs("DELETE", "/shops").status, 404);
    EXPECT_EQ(theirs("POST", "/shops/test").status, 404);
    // That of the settings serves every app: both see it, neither may change it.
    const auto list = theirs("GET", "").json()["endpoints"];
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["id"], "orders");
    EXPECT_EQ(list[0]["serves_other_apps"], true);
    for (const char* action : {"/enable", "/park", "/test", "/rotate"}) {
        const auto answer = theirs("POST", std::string("/orders") + action);
        EXPECT_EQ(answer.status, 403) << action;
        EXPECT_EQ(code_of(answer), "endpoint_shared");
    }
    EXPECT_EQ(world.api("POST", "/v1/endpoints/orders/park", "", {}, GatewayWorld::kAllKey).status,
              200);
    // One of both apps, made by who has both: the other sees only his own app in it.
    post(world, "/v1/endpoints", {{"id", "both"}, {"url", "https://both.example/"}}, {},
         GatewayWorld::kAllKey);
    EXPECT_EQ(theirs("GET", "/both").json()["apps"], json::array({"books"}));
    EXPECT_EQ(code_of(theirs("PATCH", "/both", R"({"description": "mine"})")), "endpoint_shared");
    EXPECT_EQ(code_of(theirs("DELETE", "/both")), "endpoint_shared");
}

TEST(EndpointApi, ListsTheDeliveriesOfOneEndpoint) {
    GatewayWorld world(GatewayWorld::add_books);
    for (const char* number : {"T1", "T2", "T3"}) world.pay(number);
    world.pay("B1", "books");
    world.wait_for_count(kDelivered, 4);
    world.execute("UPDATE delivery SET status = 'spent' WHERE event = 2");
    const auto ask = [&](const std::string& query) {
        return world.api("GET", "/v1/endpoints/orders/deliveries" + query);
    };
    EXPECT_EQ(ask("").json()["deliveries"].size(), 3U);  // Not the other app's.
    const auto spent = ask("?status=spent,cancelled").json()["deliveries"];
    ASSERT_EQ(spent.size(), 1U);
    EXPECT_EQ(spent[0]["status"], "spent");
    EXPECT_EQ(spent[0]["type"], "payment.paid");
    const auto first = ask("?limit=2").json();
    EXPECT_EQ(first["deliveries"].size(), 2U);
    EXPECT_EQ(first["more"], true);
    const auto rest = ask("?after=" + first["next_after"].dump()).json();
    EXPECT_EQ(rest["deliveries"].size(), 1U);
    EXPECT_EQ(rest["more"], false);
    EXPECT_EQ(ask("?until=2026-01-01T00:00:00Z").json()["deliveries"].size(), 0U);
    EXPECT_EQ(ask("?type=refund.*").json()["deliveries"].size(), 0U);
    EXPECT_EQ(
        wrong_fields(ask("?status=lost&since=x&until=y&type=z&after=a&limit=0&b=c")),
        (std::set<std::string>{"?status", "?since", "?until", "?type", "?after", "?limit", "?b"}));
    EXPECT_EQ(world.api("GET", "/v1/endpoints/none/deliveries").status, 404);
}

TEST(EndpointApi, ARemovedEndpointGetsNothingMore) {
    GatewayWorld world(allow_loopback);
    VerifyingReceiver receiver;
    post(world, "/v1/endpoints", {{"id", "billing"}, {"url", receiver.url()}});
    world.pay("T1");
    world.wait_for_count(kDelivered, 2);
    EXPECT_EQ(world.api("DELETE", "/v1/endpoints/billing").status, 204);
    world.pay("T2");
    world.wait_for_count(kDelivered, 3);
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery"), 3);
    EXPECT_EQ(world.count("SELECT count(*) FROM endpoint_secret"), 0);
    EXPECT_NE(world.log().find("endpoint.removed"), std::string::npos);
}

}  // namespace
}  // namespace tollgate
