// POST /v1/payments a second time: the natural key, and Idempotency-Key.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "tests/gateway/create_help.h"

namespace tollgate {
namespace {

using testing::error_fields;
using testing::GatewayWorld;

TEST(Create, AnswersTheSameRequestWithTheSamePayment) {
    GatewayWorld world;
    const auto first = world.create(GatewayWorld::order("T1"));
    const auto second = world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.header("idempotent-replayed"), "true");
    EXPECT_EQ(second.json()["id"], first.json()["id"]);
    EXPECT_EQ(second.json()["action"], first.json()["action"]);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
}

TEST(Create, HandsOutNoActionForAPaymentThatIsPaid) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    const auto again = world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(again.status, 200);
    EXPECT_TRUE(again.json()["action"].is_null());
    EXPECT_EQ(again.json()["action_withheld"], "paid");
}

TEST(Create, RefusesTheSameNumberWithOtherFields) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto other = GatewayWorld::order("T1", 2'000);
    other["subject"] = "Another thing";
    const auto answer = world.create(other);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json()["code"], "out_trade_no_reused");
    EXPECT_EQ(error_fields(answer), (std::vector<std::string>{"/amount", "/subject"}));
    // What is not part of a payment's identity may differ.
    auto same = GatewayWorld::order("T1");
    same["metadata"] = {{"cart", 8}};
    same["return_url"] = "http://elsewhere.example/";
    EXPECT_EQ(world.create(same).status, 200);
}

TEST(IdempotencyKey, RepeatsTheStoredAnswerByteForByte) {
    GatewayWorld world;
    const transport::HeaderList key{{"Idempotency-Key", "\"key-1\""}};
    const auto first = world.create(GatewayWorld::order("T1"), key);
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    const auto second = world.create(GatewayWorld::order("T1"), {{"Idempotency-Key", "key-1"}});
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.header("idempotent-replayed"), "true");
}

TEST(IdempotencyKey, RefusesOtherFieldsUnderTheSameKey) {
    GatewayWorld world;
    const transport::HeaderList key{{"Idempotency-Key", "key-1"}};
    world.create(GatewayWorld::order("T1"), key);
    const auto answer = world.create(GatewayWorld::order("T2"), key);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json()["code"], "idempotency_key_reused");
    EXPECT_EQ(error_fields(answer), (std::vector<std::string>{"/order", "/out_trade_no"}));
}

TEST(IdempotencyKey, MustBePrintable) {
    GatewayWorld world;
    const auto answer = world.create(GatewayWorld::order("T1"), {{"Idempotency-Key", "a b"}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(error_fields(answer), std::vector<std::string>{"Idempotency-Key"});
}

TEST(Create, MakesOnePaymentOfManyEqualRequestsAtOnce) {
    GatewayWorld world;
    std::vector<std::thread> callers;
    std::atomic<int> created = 0;
    std::atomic<int> replayed = 0;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&] {
            const int status = world.create(GatewayWorld::order("T1")).status;
            created += status == 201 ? 1 : 0;
            replayed += status == 200 ? 1 : 0;
        });
    }
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(created, 1);
    EXPECT_EQ(replayed, 7);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
}

}  // namespace
}  // namespace tollgate
