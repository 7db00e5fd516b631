#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/postgres_store.h"
#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {

// A ledger in PostgreSQL, and other processes over it.
class Postgres : public ::testing::Test {
protected:
    // Ends every other connection to the database.
    static constexpr const char* kEndOthers =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()";

    void SetUp() override {
        if (testing::PostgresServer::is_installed()) return;
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "postgresql is not installed";
        GTEST_SKIP() << "skipped: postgresql is not installed";
    }

    // Another process over the same database, or by another way to it.
    struct Process {
        std::unique_ptr<Store> store;
        std::unique_ptr<WriteConnection> connection;
        std::unique_ptr<Writer> writer;
    };
    Process process(const std::string& conninfo) {
        PostgresOptions options = world_.beside();
        options.address.conninfo = conninfo;
        options.address.statement_timeout = std::chrono::milliseconds(2'000);
        options.address.network_margin = std::chrono::milliseconds(500);
        options.address.connect_timeout = std::chrono::seconds(2);
        Process made;
        auto store = open_postgres_store(std::move(options), world_.clock);
        EXPECT_TRUE(store) << store.error().message();
        made.store = *std::move(store);
        auto connection = made.store->write_connection();
        EXPECT_TRUE(connection) << connection.error().message();
        made.connection = *std::move(connection);
        return made;
    }
    Process writing_process(const std::string& conninfo) {
        Process made = process(conninfo);
        made.writer = std::make_unique<Writer>(std::move(made.connection), Writer::Options{},
                                               world_.log.get());
        return made;
    }

    auto adding(const std::string& number) {
        return [this, payment = world_.payment(number)](Books& books) -> Result<Done> {
            Payment copy = payment;
            return books.add_payment(copy, {.fingerprint = "{}"}, world_.origin);
        };
    }
    auto telling(const std::string& id) {
        return [this, id](Books& books) {
            return books.add_event({.id = id,
                                    .app = "shop",
                                    .type = "payment.paid",
                                    .payload = "{}",
                                    .created_at = world_.clock.now()});
        };
    }
    void publish() {
        ASSERT_TRUE(world_.run([](Books& books) -> Result<Done> {
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(100));
            return books.outbox().publish(events);
        }));
    }
    std::vector<std::string> events_after(std::int64_t& cursor) {
        auto reading = world_.store->read();
        const auto events = (*reading)->outbox().events({.apps = {"shop"}, .after = cursor});
        std::vector<std::string> ids;
        for (const auto& event : *events) {
            EXPECT_GT(event.publication.value_or(0), cursor);
            cursor = event.publication.value_or(cursor);
            ids.push_back(event.id);
        }
        return ids;
    }

    testing::EngineWorld world_{testing::Engine::postgres};
};

}  // namespace tollgate::ledger
