// POST /v1/payments for a QR code: the call, its answers, and their loss.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "tests/gateway/create_help.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::GatewayWorld;
using testing::ScriptedAlipay;

json qr_order(const std::string& number) {
    auto order = GatewayWorld::order(number);
    order["product"] = "qr";
    return order;
}

TEST(Precreate, GivesAQrCode) {
    GatewayWorld world;
    const auto answer = world.create(qr_order("T1"));
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.json()["status"], "pending");
    EXPECT_EQ(answer.json()["action"]["qr_code"], "https://qr.alipay.com/baxT1");
    EXPECT_EQ(world.create(qr_order("T1")).status, 200);
    EXPECT_EQ(world.alipay.calls().size(), 1U);
}

TEST(Precreate, StaysUnknownWhenTheAnswerIsLostAndGoesOnWithTheSameNumber) {
    GatewayWorld world;
    world.alipay.script([](const auto&, const auto&, transport::Ticket ticket) {
        ticket.complete({.status = 502, .body = "bad gateway"});
    });
    const transport::HeaderList key{{"Idempotency-Key", "key-1"}};
    const auto lost = world.create(qr_order("T1"), key);
    EXPECT_EQ(lost.status, 502);
    EXPECT_EQ(lost.json()["code"], "outcome_unknown");
    EXPECT_EQ(world.payment_status("T1"), "unknown");

    world.alipay.script([](const std::string& method, const json& biz, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::answer(method, {{"code", "10000"},
                                                        {"out_trade_no", biz["out_trade_no"]},
                                                        {"qr_code", "https://qr.example/1"}}));
    });
    const auto again = world.create(qr_order("T1"), key);
    EXPECT_EQ(again.status, 201) << again.body;
    EXPECT_EQ(again.json()["id"], lost.json()["payment_id"]);
    EXPECT_EQ(world.payment_status("T1"), "pending");
    // The same number and the same time_expire: to Alipay it is the same request.
    const auto calls = world.alipay.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0], calls[1]);
}

TEST(Precreate, FailsOnlyWhenARefusalIsSignedAndNoTradeIsThere) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json&, transport::Ticket ticket) {
        const char* code =
            method == "alipay.trade.query" ? "ACQ.TRADE_NOT_EXIST" : "ACQ.SELLER_BEEN_BLOCKED";
        ticket.complete(ScriptedAlipay::answer(
            method, {{"code", "40004"}, {"sub_code", code}, {"sub_msg", "no"}}));
    });
    const auto refused = world.create(qr_order("T1"));
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(refused.json()["code"], "refused_by_alipay");
    EXPECT_EQ(world.payment_status("T1"), "failed");
    EXPECT_EQ(world.events.wait_for(1).front()["type"], "payment.failed");
}

TEST(Precreate, IsNeverClosedByAnUnsignedFailure) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json&, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::unsigned_answer(
            method, {{"code", "40002"}, {"sub_code", "isv.invalid-signature"}}));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
}

TEST(Precreate, BelievesNoSuccessThatIsNotSigned) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json& biz, transport::Ticket ticket) {
        auto answer = ScriptedAlipay::answer(method, {{"code", "10000"},
                                                      {"out_trade_no", biz["out_trade_no"]},
                                                      {"qr_code", "https://qr.example/1"}});
        answer.body.replace(answer.body.find("qr.example"), 10, "qr.evil.io");
        ticket.complete(std::move(answer));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
}

TEST(Precreate, SurvivesAnswersOfAnotherShape) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json&, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::answer(
            method, {{"code", "10000"}, {"out_trade_no", nullptr}, {"qr_code", 7}}));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
}

TEST(Precreate, SaysWhenNothingWasSent) {
    GatewayWorld world([](config::Settings& settings) {
        settings.apps[0].gateway_url = "http://127.0.0.1:1/gateway.do";
    });
    const auto answer = world.create(qr_order("T1"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.json()["code"], "alipay_unavailable");
    EXPECT_EQ(answer.header("retry-after"), "2");
}

TEST(Precreate, LetsOneRequestCallAtATime) {
    GatewayWorld world;
    std::mutex mutex;
    std::condition_variable called;
    std::optional<transport::Ticket> held;
    json number;
    world.alipay.script([&](const std::string&, const json& biz, transport::Ticket ticket) {
        const std::lock_guard lock(mutex);
        held = std::move(ticket);
        number = biz["out_trade_no"];
        called.notify_all();
    });
    testing::Answer first;
    std::thread caller([&] { first = world.create(qr_order("T1")); });
    {
        std::unique_lock lock(mutex);
        called.wait(lock, [&] { return held.has_value(); });
    }
    const auto second = world.create(qr_order("T1"));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.json()["code"], "in_progress");
    EXPECT_EQ(second.header("retry-after"), "1");
    held->complete(ScriptedAlipay::answer(
        "alipay.trade.precreate",
        {{"code", "10000"}, {"out_trade_no", number}, {"qr_code", "https://qr.example/1"}}));
    caller.join();
    EXPECT_EQ(first.status, 201);
}

// A call that hangs must cost nobody else anything: no worker waits for it.
TEST(Precreate, HangingHoldsUpNoNotification) {
    GatewayWorld world;
    std::mutex mutex;
    std::condition_variable called;
    std::vector<transport::Ticket> held;
    world.alipay.script([&](const std::string&, const json&, transport::Ticket ticket) {
        const std::lock_guard lock(mutex);
        held.push_back(std::move(ticket));
        called.notify_all();
    });
    std::vector<std::thread> callers;
    for (const char* name : {"Q1", "Q2", "Q3", "Q4"}) {  // Twice as many as there are workers.
        callers.emplace_back([&world, name] { world.create(qr_order(name)); });
    }
    {
        std::unique_lock lock(mutex);
        called.wait(lock, [&] { return held.size() == callers.size(); });
    }
    world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(held.size(), callers.size());  // Still hanging.
        held.clear();
    }
    for (auto& caller : callers) caller.join();
}

}  // namespace
}  // namespace tollgate
