// A notification, a query, a close and a refund that all want the same payment at once: at one
// gateway over SQLite, and at two over one PostgreSQL.
#include <cstdlib>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "gateway/trade_errands.h"
#include "tests/gateway/little_alipay.h"
#include "tests/support/postgres_server.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::GatewayWorld;
using testing::LittleAlipay;
using testing::PostgresServer;
using testing::TempFolder;

// One value of the ledger that the gateways share.
using Ask = std::function<std::string(const std::string& sql)>;

constexpr int kRounds = 6;

std::string number_of(int round) {
    return "T" + std::to_string(round);
}

// Everything at once for one payment, each request at the next gateway.
void race_for(const std::string& number, const std::vector<GatewayWorld*>& gateways,
              LittleAlipay& little) {
    const std::string id = gateways.front()->create(GatewayWorld::order(number)).json()["id"];
    little.open(number);
    const std::string path = "/v1/payments/" + id;
    std::vector<std::thread> all;
    const auto at_once = [&](auto what) {
        GatewayWorld& gateway = *gateways[all.size() % gateways.size()];
        all.emplace_back([&gateway, what] { what(gateway); });
    };
    at_once([&](GatewayWorld& at) { at.api("POST", path + "/close"); });
    at_once([&](GatewayWorld&) { little.pay(number); });
    for (int i = 0; i < 2; ++i) {
        at_once([&](GatewayWorld& at) { at.api("GET", path + "?refresh=1"); });
        at_once([&](GatewayWorld& at) {
            at.api("POST", path + "/refunds", R"({"out_request_no":"R1","amount":400})");
        });
        at_once([&](GatewayWorld& at) {
            // Alipay only speaks of money that it has taken.
            if (little.trade(number).paid_at.empty()) return;
            at.notify(GatewayWorld::signed_body(GatewayWorld::paid(number)));
        });
    }
    for (auto& thread : all) thread.join();
    // Closed there before the buyer's payment came, or paid: never both, and never neither.
    for (GatewayWorld* gateway : gateways) {
        gateway->clock.pass(gateway::TradeErrands::kMereLookEvery);
        gateway->api("GET", path + "?refresh=1");
    }
}

void expect_one_truth(const Ask& ask, LittleAlipay& little) {
    EXPECT_EQ(ask("SELECT count(*) FROM payment"), std::to_string(kRounds));
    EXPECT_EQ(ask("SELECT count(*) FROM payment WHERE status NOT IN ('paid', 'closed')"), "0");
    // Every version has its transition, each from where the last one ended.
    EXPECT_EQ(ask("SELECT count(*) FROM payment p WHERE p.version <>"
                  " (SELECT count(*) FROM transition t WHERE t.payment = p.id)"),
              "0");
    EXPECT_EQ(ask("SELECT count(*) FROM transition a JOIN transition b"
                  " ON a.payment = b.payment AND b.version = a.version + 1"
                  " WHERE b.from_status <> a.to_status"),
              "0");
    EXPECT_EQ(ask("SELECT count(*) FROM payment p WHERE paid_ms IS NOT NULL AND 1 <>"
                  " (SELECT count(*) FROM event e WHERE e.payment = p.id"
                  " AND e.type = 'payment.paid')"),
              "0");
    for (int round = 0; round < kRounds; ++round) {
        EXPECT_LE(little.refunded(number_of(round)), 400);
    }
}

TEST(Race, NotificationQueryCloseAndRefundLeaveOneTruth) {
    GatewayWorld world;
    LittleAlipay little(world);
    for (int round = 0; round < kRounds; ++round) race_for(number_of(round), {&world}, little);
    expect_one_truth([&](const std::string& sql) { return world.text(sql); }, little);
}

TEST(Race, AtTwoGatewaysOverOnePostgresTheyLeaveOneTruthAsWell) {
    if (!PostgresServer::is_installed()) {
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "postgresql is not installed";
        GTEST_SKIP() << "skipped: postgresql is not installed";
    }
    ASSERT_NE(PostgresServer::shared(), nullptr);
    const std::string database = PostgresServer::shared()->new_database();
    const TempFolder folders[2];
    const auto share = [&](config::Settings& settings, const TempFolder& folder) {
        settings.store.postgres.emplace();
        settings.store.postgres->conninfo = database;
        settings.store.postgres->folder = folder.path();
    };
    GatewayWorld first([&](config::Settings& settings) { share(settings, folders[0]); });
    GatewayWorld second([&](config::Settings& settings) {
        share(settings, folders[1]);
        settings.apps.at(0).gateway_url = first.alipay.gateway_url();
        settings.endpoints.at(0).url = first.events.url();
    });
    LittleAlipay little(first);
    for (int round = 0; round < kRounds; ++round) {
        race_for(number_of(round), {&first, &second}, little);
    }
    expect_one_truth(
        [&](const std::string& sql) { return PostgresServer::ask(database, sql).value_or(""); },
        little);
}

}  // namespace
}  // namespace tollgate
