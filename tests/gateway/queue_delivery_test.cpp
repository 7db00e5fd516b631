// An order system that takes its events from a queue, beside a real broker.
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/gateway/collector.h"
#include "tests/transport/rabbit.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using testing::kDelivered;
using transport::testing::Rabbit;

TEST(QueueDelivery, IsDoneOnlyWhenTheBrokerHasConfirmedThatItIsInAQueue) {
    if (!Rabbit::is_installed()) {
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "rabbitmq-server is missing";
        GTEST_SKIP() << "rabbitmq-server is not installed";
    }
    Rabbit rabbit;
    ASSERT_TRUE(rabbit.start()) << rabbit.log();
    const auto broker = rabbit.settings();
    testing::Collector collector;
    GatewayWorld world([&](config::Settings& settings) {
        config::EndpointSettings queue;
        queue.id = "queue";
        queue.queue = config::QueueSettings{
            .url = Secret("amqp://" + broker.user + ":" + std::string(broker.password.reveal()) +
                          "@127.0.0.1:" + std::to_string(broker.port)),
            .routing_key = "events.{type}"};
        queue.rules.waits.assign(20, std::chrono::seconds(1));
        settings.endpoints.clear();
        settings.endpoints.push_back(std::move(queue));
        settings.traces.endpoint = collector.endpoint();
        settings.traces.sample_per_million = 0;
    });
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-";
    ASSERT_EQ(
        world.create(GatewayWorld::order("Q1"), {{"traceparent", trace + "00f067aa0ba902b7-01"}})
            .status,
        201);
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("Q1"))).body, "success");
    // Mandatory: what no queue takes is given back, and is not done.
    world.wait_for_count("SELECT count(*) > 0 FROM every_attempt WHERE outcome = 'unroutable'", 1);
    EXPECT_EQ(world.count(kDelivered), 0);

    ASSERT_TRUE(rabbit.declare_queue("events.payment.paid"));
    world.wait_for_count(kDelivered, 1);
    const auto received = rabbit.take_all("events.payment.paid");
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received.front().message_id, world.text("SELECT event_id FROM event"));
    EXPECT_EQ(received.front().type, "payment.paid");
    EXPECT_EQ(received.front().delivery_mode, 2);
    EXPECT_EQ(received.front().body, world.text("SELECT payload FROM event"));
    // The message carries the trace of the create on.
    EXPECT_EQ(received.front().headers.at("traceparent").substr(0, trace.size()), trace);
    const auto span = collector.wait_for("deliver payment.paid");
    EXPECT_EQ(span["kind"], 4);
    EXPECT_EQ(testing::Collector::attribute(span, "error.type"), "unroutable");
    // What the API and the log may show of the endpoint has no password in it.
    EXPECT_EQ(world.text("SELECT url FROM endpoint").find(broker.password.reveal()),
              std::string::npos);
}

}  // namespace
}  // namespace tollgate
