// A notification, a query, a close and a refund that all want the same payment at once.
#include <thread>

#include <gtest/gtest.h>

#include "gateway/trade_errands.h"
#include "tests/gateway/little_alipay.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::GatewayWorld;
using testing::LittleAlipay;

TEST(Race, NotificationQueryCloseAndRefundLeaveOneTruth) {
    GatewayWorld world;
    LittleAlipay little(world);
    constexpr int kRounds = 6;
    for (int round = 0; round < kRounds; ++round) {
        const std::string number = "T" + std::to_string(round);
        const std::string id = world.create(GatewayWorld::order(number)).json()["id"];
        little.open(number);
        const std::string path = "/v1/payments/" + id;
        std::vector<std::thread> all;
        all.emplace_back([&] { little.pay(number); });
        all.emplace_back([&] { world.api("POST", path + "/close"); });
        all.emplace_back([&] { world.api("GET", path + "?refresh=1"); });
        all.emplace_back([&] { world.api("GET", path + "?refresh=1"); });
        all.emplace_back([&] {
            world.api("POST", path + "/refunds", R"({"out_request_no":"R1","amount":400})");
        });
        all.emplace_back([&] {
            // Alipay only speaks of money that it has taken.
            if (little.trade(number).paid_at.empty()) return;
            world.notify(GatewayWorld::signed_body(GatewayWorld::paid(number)));
        });
        for (auto& thread : all) thread.join();
        // Closed there before the buyer's payment came, or paid: never both, and never neither.
        world.clock.pass(gateway::TradeErrands::kMereLookEvery);
        world.api("GET", path + "?refresh=1");
    }
    EXPECT_EQ(world.count("SELECT count(*) FROM payment WHERE status NOT IN ('paid', 'closed')"),
              0);
    // Every version has its transition, each from where the last one ended.
    EXPECT_EQ(world.count("SELECT count(*) FROM payment p WHERE p.version <>"
                          " (SELECT count(*) FROM transition t WHERE t.payment = p.id)"),
              0);
    EXPECT_EQ(world.count("SELECT count(*) FROM transition a JOIN transition b"
                          " ON a.payment = b.payment AND b.version = a.version + 1"
                          " WHERE b.from_status <> a.to_status"),
              0);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment p WHERE paid_ms IS NOT NULL AND 1 <>"
                          " (SELECT count(*) FROM event e WHERE e.payment = p.id"
                          " AND e.type = 'payment.paid')"),
              0);
    for (int round = 0; round < kRounds; ++round) {
        const std::string number = "T" + std::to_string(round);
        EXPECT_LE(little.refunded(number), 400);
    }
}

}  // namespace
}  // namespace tollgate
