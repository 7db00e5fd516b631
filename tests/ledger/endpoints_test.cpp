// The contract of Outbox and OutboxReading, to be passed by every engine: endpoints.
#include "tests/ledger/outbox_contract.h"

namespace tollgate::ledger {
namespace {

using std::chrono::seconds;

class EndpointsContract : public OutboxContract {};
INSTANTIATE_TEST_SUITE_P(, EndpointsContract, testing::every_engine(), testing::engine_name);

TEST_P(EndpointsContract, ParksWhatLeftTheConfigurationAndEnablesWhatCameBack) {
    const auto configure = [&](const std::string& id) {
        ASSERT_TRUE(run([&](Outbox& outbox) {
            return outbox.set_configured_endpoints({{.id = id, .plan = {.url = "http://a/"}}},
                                                   world_.clock.now());
        }));
    };
    const auto status = [&](const std::string& id) {
        auto lease = world_.store->read();
        return (*lease)->outbox().endpoint(id)->value().status;
    };
    configure("a");
    configure("b");
    EXPECT_EQ(status("a"), EndpointStatus::parked);
    configure("a");
    EXPECT_EQ(status("a"), EndpointStatus::enabled);
    EXPECT_EQ(status("b"), EndpointStatus::parked);
    // One that was parked for what it did stays so: a restart mends nothing.
    auto endpoint = [&] {
        auto lease = world_.store->read();
        return **(*lease)->outbox().endpoint("a");
    }();
    ASSERT_TRUE(run([&](Outbox& outbox) {
        Endpoint copy = endpoint;
        return outbox.park(copy, "gone", world_.clock.now());
    }));
    configure("a");
    EXPECT_EQ(status("a"), EndpointStatus::parked);
}

TEST_P(EndpointsContract, RefusesToChangeAnEndpointThatIsNoLongerAsItWasRead) {
    Endpoint a = endpoint("a");
    Endpoint stale = a;
    ASSERT_TRUE(run([&](Outbox& outbox) { return outbox.park(a, "by_hand", world_.clock.now()); }));
    const auto late = world_.run([&](Books& books) -> Result<Done> {
        Endpoint copy = stale;
        return books.outbox().enable(copy, world_.clock.now());
    });
    EXPECT_EQ(late.error().code(), ErrorCode::stale_version);
}

TEST_P(EndpointsContract, SignsWithTheOldSecretUntilItsOverlapIsOver) {
    const Endpoint a = endpoint("a");
    const auto add = [&](const std::string& secret, std::optional<Timestamp> others_expire) {
        ASSERT_TRUE(run([&](Outbox& outbox) {
            return outbox.add_secret(a, Secret(secret), others_expire, world_.clock.now());
        }));
    };
    const auto live = [&] {
        auto lease = world_.store->read();
        std::vector<std::string> secrets;
        const auto found = (*lease)->outbox().secrets_of(a, world_.clock.now());
        for (const auto& secret : *found) secrets.emplace_back(secret.secret.reveal());
        return secrets;
    };
    add("one", std::nullopt);
    add("two", world_.clock.now() + std::chrono::hours(24));
    EXPECT_EQ(live(), (std::vector<std::string>{"two", "one"}));
    world_.clock.pass(std::chrono::hours(24));
    EXPECT_EQ(live(), std::vector<std::string>{"two"});
}

TEST_P(EndpointsContract, RemovingAnEndpointCancelsWhatWaitsForIt) {
    Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    ASSERT_TRUE(run([&](Outbox& outbox) { return outbox.remove(a, world_.clock.now()); }));
    EXPECT_TRUE(claim(a, Lane::fresh).empty());
    auto lease = world_.store->read();
    EXPECT_TRUE((*lease)->outbox().endpoints()->empty());
    const auto deliveries = (*lease)->outbox().deliveries_of(**(*lease)->outbox().event("evt_1"));
    EXPECT_EQ(deliveries->front().status, DeliveryStatus::cancelled);
}

TEST(Wants, GoByAppAndTypeOrFamily) {
    EXPECT_TRUE(wants({}, "shop", "payment.paid"));
    EXPECT_TRUE(wants({.apps = {"shop"}, .event_types = {"payment.*"}}, "shop", "payment.paid"));
    EXPECT_TRUE(wants({.event_types = {"refund.failed", "payment.paid"}}, "shop", "payment.paid"));
    EXPECT_FALSE(wants({.apps = {"other"}}, "shop", "payment.paid"));
    EXPECT_FALSE(wants({.event_types = {"pay.*"}}, "shop", "payment.paid"));
}

}  // namespace
}  // namespace tollgate::ledger
