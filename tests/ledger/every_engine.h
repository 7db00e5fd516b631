#pragma once

#include <cstdlib>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/ledger/ledger_world.h"
#include "tests/support/postgres_server.h"

namespace tollgate::testing {

enum class Engine { sqlite, postgres };

// What every engine must pass: TEST_P(…, …) with a EngineWorld of GetParam().
class EveryEngine : public ::testing::TestWithParam<Engine> {
protected:
    void SetUp() override {
        if (GetParam() == Engine::sqlite || PostgresServer::is_installed()) return;
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "postgresql is not installed";
        GTEST_SKIP() << "skipped: postgresql is not installed";
    }
};

inline auto every_engine() {
    return ::testing::Values(Engine::sqlite, Engine::postgres);
}
inline std::string engine_name(const ::testing::TestParamInfo<Engine>& engine) {
    return engine.param == Engine::sqlite ? "sqlite" : "postgres";
}

// A database for one test, copied from one that has its schema already: that takes a moment less.
inline std::string new_ledger_database() {
    PostgresServer& server = *PostgresServer::shared();
    static const bool kMade = [&] {
        PostgresServer::ask(server.conninfo("template1"), "CREATE DATABASE migrated");
        HandClock clock;
        ledger::PostgresOptions options;
        options.address.conninfo = server.conninfo("migrated");
        const auto store = ledger::open_postgres_store(std::move(options), clock);
        EXPECT_TRUE(store) << store.error().message();
        return true;
    }();
    static_cast<void>(kMade);
    return server.new_database("migrated");
}

// A ledger of that engine.
class EngineWorld : public LedgerWorld {
public:
    explicit EngineWorld(Engine engine) : EngineWorld(engine, place_for(engine)) {}

    // One value, read beside the ledger; texts and numbers alike as text.
    std::string ask(const std::string& sql) const {
        if (!database.empty()) return PostgresServer::ask(database, sql).value_or("");
        auto db = Database::open(folder.file("ledger.db"), Database::Mode::read_only);
        auto select = db->prepare(sql);
        EXPECT_TRUE(select);
        const auto row = select->step();
        return row && *row ? select->text(0) : "";
    }

private:
    EngineWorld(Engine engine, std::string place)
        : LedgerWorld(std::move(place), engine == Engine::sqlite) {}

    // Where PostgreSQL is not installed there is nothing to open, and the test will be skipped.
    static std::string place_for(Engine engine) {
        const bool is_there = engine == Engine::postgres && PostgresServer::is_installed();
        return is_there ? new_ledger_database() : "";
    }
};

}  // namespace tollgate::testing
