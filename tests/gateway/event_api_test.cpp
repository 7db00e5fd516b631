// Events as the order service asks for them: the cursor, long polls, attempts, redelivery.
#include <future>
#include <set>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "tests/gateway/endpoint_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::GatewayWorld;
using testing::kDelivered;
using testing::wrong_fields;

// The events beyond `after`, once there are any.
json wait_for_events(GatewayWorld& world, std::int64_t after = 0) {
    return world.api("GET", "/v1/events?wait_seconds=20&after=" + std::to_string(after)).json();
}

// Pays, and waits until it is published and delivered.
std::string paid_event(GatewayWorld& world, const std::string& number, std::int64_t delivered) {
    world.pay(number);
    world.wait_for_count(kDelivered, delivered);
    return world.text("SELECT event_id FROM event ORDER BY id DESC LIMIT 1");
}

// Gives up every delivery that there is.
void spend_all(GatewayWorld& world) {
    world.execute("UPDATE delivery SET status = 'spent', finished_ms = 1, attempts = 10");
}

TEST(EventApi, ACursorReadsEveryEventOnceAndInOrder) {
    GatewayWorld world;
    for (const char* number : {"T1", "T2", "T3"}) world.pay(number);
    world.wait_for_count(kDelivered, 3);
    std::vector<std::string> seen;
    std::int64_t after = 0;
    for (bool more = true; more;) {
        const auto page =
            world.api("GET", "/v1/events?limit=2&after=" + std::to_string(after)).json();
        for (const auto& event : page["events"]) {
            EXPECT_EQ(event["type"], "payment.paid");
            EXPECT_EQ(event["app"], "shop");
            EXPECT_EQ(event["payload"]["type"], "payment.paid");
            EXPECT_GT(event["publication"], after);
            after = event["publication"];
            seen.push_back(event["payload"]["data"]["payment"]["out_trade_no"]);
        }
        EXPECT_EQ(page["next_after"], after);
        more = page["more"];
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"T1", "T2", "T3"}));
    const auto end = world.api("GET", "/v1/events?after=" + std::to_string(after)).json();
    EXPECT_EQ(end, (json{{"events", json::array()}, {"next_after", after}, {"more", false}}));
}

TEST(EventApi, TheListIsTheReceiversTruthByteForByte) {
    GatewayWorld world;
    const auto id = paid_event(world, "T1", 1);
    const auto answer = world.api("GET", "/v1/events");
    EXPECT_NE(answer.body.find("\"payload\":" + world.text("SELECT payload FROM event")),
              std::string::npos);
    EXPECT_EQ(answer.json()["events"][0]["id"], id);
    EXPECT_EQ(world.events.wait_for(1)[0]["id"], id);
}

TEST(EventApi, SaysWhatWasMissedSinceATimeAndOfWhichType) {
    GatewayWorld world;
    paid_event(world, "T1", 1);
    paid_event(world, "T2", 2);
    world.execute("UPDATE event SET created_ms = created_ms - 3600000 WHERE id = 1");
    const auto half_an_hour_ago = to_rfc3339(system_clock().now() + -std::chrono::minutes(30));
    const auto late = world.api("GET", "/v1/events?since=" + half_an_hour_ago).json();
    ASSERT_EQ(late["events"].size(), 1U);
    EXPECT_EQ(late["events"][0]["payload"]["data"]["payment"]["out_trade_no"], "T2");
    EXPECT_EQ(world.api("GET", "/v1/events?type=payment.*").json()["events"].size(), 2U);
    EXPECT_EQ(world.api("GET", "/v1/events?type=payment.paid&app=shop").json()["events"].size(),
              2U);
    EXPECT_EQ(world.api("GET", "/v1/events?type=refund.*").json()["events"].size(), 0U);
}

TEST(EventApi, NamesEveryWrongParameterAtOnce) {
    GatewayWorld world;
    const auto answer = world.api(
        "GET", "/v1/events?after=-1&limit=501&type=paid&since=yesterday&wait_seconds=21&colour=1");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.json()["code"], "invalid_request");
    EXPECT_EQ(wrong_fields(answer), (std::set<std::string>{"?after", "?limit", "?type", "?since",
                                                           "?wait_seconds", "?colour"}));
    EXPECT_EQ(wrong_fields(world.api("GET", "/v1/events/evt_x?a=1")), std::set<std::string>{"?a"});
    EXPECT_EQ(wrong_fields(world.api("GET", "/v1/events/evt_x/attempts?a=1")),
              std::set<std::string>{"?a"});
}

TEST(EventApi, ALongPollHearsOfAnEventAtOnce) {
    GatewayWorld world;
    const auto begun = system_clock().monotonic();
    auto waiting = std::async(std::launch::async, [&] { return wait_for_events(world); });
    world.pay("T1");
    const auto page = waiting.get();
    ASSERT_EQ(page["events"].size(), 1U) << page;
    EXPECT_EQ(page["next_after"], page["events"][0]["publication"]);
    // The next one, after this one.
    auto again =
        std::async(std::launch::async, [&] { return wait_for_events(world, page["next_after"]); });
    world.pay("T2");
    const auto next = again.get();
    ASSERT_EQ(next["events"].size(), 1U) << next;
    EXPECT_EQ(next["events"][0]["payload"]["data"]["payment"]["out_trade_no"], "T2");
    // Far below what they would have waited for nothing.
    EXPECT_LT(system_clock().monotonic() - begun, std::chrono::seconds(15));
}

TEST(EventApi, ALongPollWithoutNewsEndsEmptyWhereItBegan) {
    GatewayWorld world;
    const auto begun = system_clock().monotonic();
    const auto page = world.api("GET", "/v1/events?wait_seconds=1&after=7").json();
    EXPECT_GE(system_clock().monotonic() - begun, std::chrono::milliseconds(900));
    EXPECT_EQ(page, (json{{"events", json::array()}, {"next_after", 7}, {"more", false}}));
}

TEST(EventApi, WaitersAreAnsweredWhenTheServiceStops) {
    GatewayWorld world;
    auto waiting = std::async(std::launch::async, [&] { return wait_for_events(world); });
    world.wait_for_log("events.waiting");
    const auto begun = system_clock().monotonic();
    world.restart();
    EXPECT_EQ(waiting.get()["events"].size(), 0U);
    EXPECT_LT(system_clock().monotonic() - begun, std::chrono::seconds(15));
}

TEST(EventApi, AnEventShowsItsDeliveriesAndEveryAttempt) {
    GatewayWorld world([](config::Settings& settings) {
        settings.endpoints[0].rules.waits.assign(20, std::chrono::seconds(1));
    });
    world.events.answer_with(500, "not today");
    world.pay("T1");
    world.wait_for_count("SELECT count(*) >= 1 FROM every_attempt", 1);
    world.events.answer_with(204);
    world.wait_for_count(kDelivered, 1);
    const auto id = world.text("SELECT event_id FROM event");
    const auto event = world.api("GET", "/v1/events/" + id).json();
    EXPECT_EQ(event["id"], id);
    EXPECT_EQ(event["payload"]["type"], "payment.paid");
    ASSERT_EQ(event["deliveries"].size(), 1U);
    const auto& delivery = event["deliveries"][0];
    EXPECT_EQ(delivery["endpoint"], "orders");
    EXPECT_EQ(delivery["status"], "delivered");
    EXPECT_EQ(delivery["generation"], 1);
    EXPECT_GE(delivery["attempts"], 2);
    EXPECT_TRUE(delivery["next_attempt_at"].is_null());

    const auto shown = world.api("GET", "/v1/events/" + id + "/attempts").json();
    EXPECT_EQ(shown["event"], id);
    const auto& attempts = shown["attempts"];
    ASSERT_EQ(attempts.size(), delivery["attempts"]);
    EXPECT_EQ(attempts[0]["number"], 1);
    EXPECT_EQ(attempts[0]["outcome"], "http_error");
    EXPECT_EQ(attempts[0]["http_status"], 500);
    EXPECT_EQ(attempts[0]["detail"], "not today");
    EXPECT_EQ(attempts[0]["address"], "127.0.0.1");
    EXPECT_GT(attempts[0]["phases"]["total_us"], 0);
    EXPECT_GE(attempts[0]["phases"]["total_us"], attempts[0]["phases"]["first_byte_us"]);
    EXPECT_TRUE(attempts[0]["started_at"].is_string());
    EXPECT_EQ(attempts.back()["outcome"], "delivered");
    EXPECT_EQ(attempts.back()["http_status"], 204);
}

TEST(EventApi, AsksForTheRight) {
    GatewayWorld world;
    for (const char* target : {"/v1/events", "/v1/events/evt_x", "/v1/events/evt_x/attempts"}) {
        EXPECT_EQ(world.api("GET", target, "", {}, "tgk_nobody").status, 401) << target;
    }
    for (const char* target : {"/v1/events/evt_x/redeliver", "/v1/events/redeliver"}) {
        const auto answer = world.api("POST", target, "{}", {}, GatewayWorld::kLookKey);
        EXPECT_EQ(answer.status, 403) << target;
        EXPECT_EQ(answer.json()["code"], "right_missing");
    }
}

TEST(EventApi, AnotherAppsEventsLookLikeNoneAtAll) {
    GatewayWorld world(GatewayWorld::add_books);
    const auto id = paid_event(world, "T1", 1);
    const auto theirs = [&](const char* method, const std::string& target) {
        return world.api(method, target, "", {}, GatewayWorld::kBooksKey);
    };
    EXPECT_EQ(theirs("GET", "/v1/events").json()["events"].size(), 0U);
    EXPECT_EQ(theirs("GET", "/v1/events?app=shop").json()["events"].size(), 0U);
    EXPECT_EQ(theirs("GET", "/v1/events/" + id).status, 404);
    EXPECT_EQ(theirs("GET", "/v1/events/" + id + "/attempts").status, 404);
    EXPECT_EQ(theirs("POST", "/v1/events/" + id + "/redeliver").status, 404);
    EXPECT_EQ(theirs("GET", "/v1/events/" + id).body, theirs("GET", "/v1/events/evt_none").body);
    world.pay("B1", "books");
    world.wait_for_count(kDelivered, 2);
    EXPECT_EQ(theirs("GET", "/v1/events").json()["events"].size(), 1U);
    EXPECT_EQ(world.api("GET", "/v1/events").json()["events"].size(), 1U);
    const auto both = world.api("GET", "/v1/events", "", {}, GatewayWorld::kAllKey).json();
    EXPECT_EQ(both["events"].size(), 2U);
    const auto shop = world.api("GET", "/v1/events?app=shop", "", {}, GatewayWorld::kAllKey).json();
    ASSERT_EQ(shop["events"].size(), 1U);
    EXPECT_EQ(shop["events"][0]["app"], "shop");
}

TEST(Redelivery, OfOneEventSendsTheSameEventAgain) {
    GatewayWorld world;
    const auto id = paid_event(world, "T1", 1);
    const auto answer = world.api("POST", "/v1/events/" + id + "/redeliver");
    EXPECT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(answer.json()["event"], id);
    EXPECT_EQ(answer.json()["deliveries"][0]["status"], "pending");
    EXPECT_EQ(answer.json()["deliveries"][0]["generation"], 2);
    const auto got = world.events.wait_for(2);
    EXPECT_EQ(got[0], got[1]);
    world.wait_for_count(kDelivered, 1);
    const auto attempts = world.api("GET", "/v1/events/" + id + "/attempts").json()["attempts"];
    EXPECT_EQ(attempts.back()["generation"], 2);
    EXPECT_NE(world.log().find("event.redelivered"), std::string::npos);
}

TEST(Redelivery, OfOneEventGoesToTheNamedEndpointOnly) {
    GatewayWorld world([](config::Settings& settings) {
        config::EndpointSettings second;
        second.id = "second";
        second.url = settings.endpoints[0].url;
        second.secrets.push_back(settings.endpoints[0].secrets[0].clone());
        second.event_types = {"refund.*"};
        settings.endpoints.push_back(std::move(second));
    });
    const auto id = paid_event(world, "T1", 1);
    const auto target = "/v1/events/" + id + "/redeliver";
    // It did not want the type, and gets it all the same when a person says so.
    const auto answer = world.api("POST", target, R"({"endpoint": "second"})");
    ASSERT_EQ(answer.status, 202) << answer.body;
    ASSERT_EQ(answer.json()["deliveries"].size(), 1U);
    EXPECT_EQ(answer.json()["deliveries"][0]["endpoint"], "second");
    world.wait_for_count(kDelivered, 2);
    EXPECT_EQ(world.count("SELECT count(*) FROM every_attempt"), 2);

    EXPECT_EQ(world.api("POST", target, R"({"endpoint": "none"})").json()["code"],
              "endpoint_not_found");
    EXPECT_EQ(wrong_fields(world.api("POST", target, R"({"endpoint": "", "to": 1})")),
              (std::set<std::string>{"/endpoint", "/to"}));
    EXPECT_EQ(world.api("POST", "/v1/events/evt_none/redeliver").json()["code"], "event_not_found");
}

TEST(Redelivery, OfOneEventBeginsOnceUnderOneKey) {
    GatewayWorld world;
    const auto id = paid_event(world, "T1", 1);
    const auto target = "/v1/events/" + id + "/redeliver";
    const transport::HeaderList key{{"Idempotency-Key", "once"}};
    const auto first = world.api("POST", target, "{}", key);
    ASSERT_EQ(first.status, 202) << first.body;
    world.wait_for_count("SELECT count(*) FROM every_attempt", 2);
    world.wait_for_count(kDelivered, 1);
    const auto again = world.api("POST", target, "{}", key);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
    EXPECT_EQ(world.count("SELECT max(generation) FROM delivery"), 2);
    EXPECT_EQ(world.api("POST", target, "", key).json()["code"], "idempotency_key_reused");
    EXPECT_EQ(world.api("POST", target, "{}").status, 202);  // Without it, once more.
    world.wait_for_count("SELECT max(generation) FROM delivery", 3);
}

TEST(Redelivery, OfARangeDoesWhatItsDryRunCounted) {
    GatewayWorld world;
    for (const char* number : {"T1", "T2", "T3"}) world.pay(number);
    world.wait_for_count(kDelivered, 3);
    spend_all(world);
    world.execute("UPDATE event SET created_ms = created_ms - 7200000 WHERE id = 1");
    const auto from = to_rfc3339(system_clock().now() + -std::chrono::hours(1));
    json range{{"endpoint", "orders"}, {"from", from}, {"dry_run", true}};
    const auto counted = world.api("POST", "/v1/events/redeliver", range.dump());
    EXPECT_EQ(counted.status, 200) << counted.body;
    EXPECT_EQ(counted.json(), (json{{"count", 2}}));
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'spent'"), 3);

    range.erase("dry_run");
    const transport::HeaderList key{{"Idempotency-Key", "range-1"}};
    const auto first = world.api("POST", "/v1/events/redeliver", range.dump(), key);
    EXPECT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(first.json()["count"], 2);
    EXPECT_EQ(first.json()["more"], false);
    world.events.wait_for(5);
    world.wait_for_count(kDelivered, 2);
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'spent'"), 1);

    spend_all(world);
    const auto repeat = world.api("POST", "/v1/events/redeliver", range.dump(), key);
    EXPECT_EQ(repeat.body, first.body);
    EXPECT_EQ(repeat.header("idempotent-replayed"), "true");
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'spent'"), 3);
    range["type"] = "payment.*";
    const auto other = world.api("POST", "/v1/events/redeliver", range.dump(), key);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.json()["code"], "idempotency_key_reused");
    EXPECT_NE(world.log().find("events.redelivered"), std::string::npos);
}

// 10,000 deliveries a request, in steps: what is left is said, and goes on from there.
TEST(Redelivery, OfALargeRangeGoesOnWhereItEnded) {
    GatewayWorld world([](config::Settings& settings) {
        settings.endpoints[0].event_types = {"refund.*"};  // Nothing is delivered by itself.
    });
    world.pay("T1");
    EXPECT_EQ(world.api("POST", "/v1/endpoints/orders/park").status, 200);
    world.execute(
        "INSERT INTO event (event_id, app, type, payload, created_ms)"
        " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)"
        " SELECT 'evt_' || i, 'shop', 'payment.paid', '{}', 1000 * i FROM n");
    world.execute(
        "INSERT INTO delivery (id, event, endpoint, status, attempts, next_attempt_ms)"
        " SELECT endpoint.id * 1099511627776 + event.id, event.id, endpoint.id, 'spent', 10, 0"
        " FROM event, endpoint"
        " WHERE event.event_id LIKE 'evt\\_%' ESCAPE '\\' AND event.payload = '{}'");
    json range{{"endpoint", "orders"}, {"from", "1970-01-01T00:00:00Z"}, {"dry_run", true}};
    const auto run = [&](const char* key) {
        return world.api("POST", "/v1/events/redeliver", range.dump(), {{"Idempotency-Key", key}});
    };
    EXPECT_EQ(run("a").json()["count"], 12'000);
    range["dry_run"] = false;
    const auto first = run("a");
    EXPECT_EQ(first.json()["count"], 10'000) << first.body;
    EXPECT_EQ(first.json()["more"], true);
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'pending'"), 10'000);
    range["after"] = first.json()["next_after"];
    EXPECT_EQ(run("b").json()["count"], 2'000);
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'pending'"), 12'000);
}

TEST(Redelivery, OfARangeNamesEveryWrongMemberAtOnce) {
    GatewayWorld world;
    const auto answer = world.api("POST", "/v1/events/redeliver",
                                  R"({"to": "soon", "statuses": ["lost"], "type": "x", "colour": 1,
                                      "after": -1, "dry_run": "yes"})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(wrong_fields(answer),
              (std::set<std::string>{"/endpoint", "/from", "/to", "/statuses", "/type", "/colour",
                                     "/after", "/dry_run", "Idempotency-Key"}));
    const auto backwards = world.api(
        "POST", "/v1/events/redeliver",
        R"({"endpoint": "orders", "from": "2026-11-11T00:00:00Z", "to": "2026-11-10T00:00:00Z",
            "dry_run": true})");
    EXPECT_EQ(wrong_fields(backwards), std::set<std::string>{"/to"});
    const auto nowhere =
        world.api("POST", "/v1/events/redeliver",
                  R"({"endpoint": "none", "from": "2026-11-11T00:00:00+08:00", "dry_run": true})");
    EXPECT_EQ(nowhere.status, 404);
}

TEST(Redelivery, OfARangeLeavesOtherAppsAlone) {
    GatewayWorld world(GatewayWorld::add_books);
    paid_event(world, "T1", 1);
    world.pay("B1", "books");
    world.wait_for_count(kDelivered, 2);
    spend_all(world);
    const json range{{"endpoint", "orders"}, {"from", "2020-01-01T00:00:00Z"}};
    const auto answer = world.api("POST", "/v1/events/redeliver", range.dump(),
                                  {{"Idempotency-Key", "k"}}, GatewayWorld::kBooksKey);
    EXPECT_EQ(answer.json()["count"], 1) << answer.body;
    world.wait_for_count(kDelivered, 1);
    EXPECT_EQ(world.text("SELECT app FROM event JOIN delivery ON delivery.event = event.id"
                         " WHERE status = 'spent'"),
              "shop");
}

}  // namespace
}  // namespace tollgate
