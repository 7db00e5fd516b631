// A command's way to the ledger, when the connection breaks at the worst moment.
#include "gateway/cli/command_ledger.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/support/fakes.h"
#include "tests/support/postgres_server.h"
#include "tests/support/postgres_wire.h"

namespace tollgate::gateway::cli {
namespace {

using testing::PostgresServer;
using testing::PostgresWire;

std::unique_ptr<CommandLedger> opened(const std::string& conninfo, Log& log) {
    config::StoreSettings settings;
    settings.postgres.emplace().conninfo = conninfo;
    auto ledger = CommandLedger::open(settings, log);
    EXPECT_TRUE(ledger) << ledger.error().message();
    return ledger ? *std::move(ledger) : nullptr;
}

// Each call has its own `runs` on the stack, as commands do: none is written to later.
Result<Done> add_event(CommandLedger& ledger, const std::string& id) {
    int runs = 0;
    auto outcome = ledger.transact([&](ledger::Books& books) {
        ++runs;
        return books.add_event({.id = id,
                                .app = "shop",
                                .type = "payment.paid",
                                .payload = "{}",
                                .created_at = system_clock().now()});
    });
    EXPECT_EQ(runs, 1) << id;  // Found out, not done again.
    return outcome;
}

TEST(CommandLedger, EndsNoWorkBeforeItKnowsWhatBecameOfItsCommit) {
    if (!PostgresServer::is_installed()) {
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "postgresql is not installed";
        GTEST_SKIP() << "skipped: postgresql is not installed";
    }
    ASSERT_NE(PostgresServer::shared(), nullptr);
    const std::string database = PostgresServer::shared()->new_database();
    testing::TestLog log(system_clock());
    PostgresWire wire(database);
    const auto ledger = opened(wire.conninfo(), log.get());
    ASSERT_NE(ledger, nullptr);
    wire.lose_next_commit();
    const auto first = add_event(*ledger, "evt_1");
    EXPECT_TRUE(first) << first.error().message();
    const auto second = add_event(*ledger, "evt_2");
    EXPECT_TRUE(second) << second.error().message();
    EXPECT_EQ(PostgresServer::ask(database, "SELECT count(*) FROM event"), "2");
}

}  // namespace
}  // namespace tollgate::gateway::cli
