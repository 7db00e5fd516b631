#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/id.h"
#include "base/sqlite.h"
#include "ledger/postgres_store.h"
#include "ledger/sqlite_store.h"
#include "ledger/writer.h"
#include "tests/support/fakes.h"
#include "tests/support/faulty_disk.h"

namespace tollgate::testing {

// A real ledger of its own; run_once() by hand. SQLite's is in a folder, on a disk that can be made
// to fail; PostgreSQL's is where the conninfo says (every_engine.h).
class LedgerWorld {
public:
    explicit LedgerWorld(ledger::SqliteOptions options = {}) : options_(std::move(options)) {
        open_sqlite();
    }

    // As after a crash: nothing is closed in order, the file is opened again.
    void reopen() {
        writer.reset();
        store.reset();
        open();
    }

    // Submits and commits one unit. Work gives a Result<T>.
    template <typename Work>
    auto run(Work work) {
        using Outcome = std::invoke_result_t<Work&, ledger::Books&>;
        std::unique_ptr<Outcome> outcome;
        writer->submit(ledger::make_unit(std::move(work), [&](Outcome result) {
            outcome = std::make_unique<Outcome>(std::move(result));
        }));
        const auto done = writer->run_once();
        EXPECT_TRUE(done) << done.error().message();
        return std::move(*outcome);
    }

    ledger::Payment payment(const std::string& out_trade_no) {
        ledger::Payment payment;
        payment.id = make_id("pay", clock.now(), entropy);
        payment.app = "shop";
        payment.out_trade_no = out_trade_no;
        payment.seller_id = "2088000000000001";
        payment.product = "page";
        payment.amount = Money::from_fen(1'000);
        payment.subject = "A bookmark";
        payment.created_at = clock.now();
        payment.updated_at = clock.now();
        payment.expires_at = clock.now() + std::chrono::minutes(30);
        return payment;
    }

    // Adds it, durably.
    ledger::Payment added(const std::string& out_trade_no) {
        auto result = run([this, payment = payment(out_trade_no)](
                              ledger::Books& books) mutable -> Result<ledger::Payment> {
            TOLLGATE_DO(books.add_payment(payment, {.fingerprint = "{}"}, origin));
            return payment;
        });
        EXPECT_TRUE(result) << result.error().message();
        return *result;
    }

    std::optional<ledger::Payment> find(const std::string& out_trade_no) {
        auto lease = store->read();
        EXPECT_TRUE(lease);
        auto found = (*lease)->payment_by_number("shop", out_trade_no);
        EXPECT_TRUE(found);
        return *found;
    }

    // For another process over the same database; PostgreSQL only.
    ledger::PostgresOptions beside() const {
        ledger::PostgresOptions options;
        options.address.conninfo = database;
        return options;
    }

    TempFolder folder;
    FaultyDisk disk;
    HandClock clock;
    CountingEntropy entropy;
    TestLog log{clock};
    ledger::Origin origin{.cause = ledger::Cause::api, .cause_id = "test", .request_id = "req"};
    std::string database;  // Of PostgreSQL; empty: SQLite.
    std::unique_ptr<ledger::Store> store;
    std::unique_ptr<ledger::Writer> writer;

protected:
    // Neither: nothing is opened.
    LedgerWorld(std::string conninfo, bool is_sqlite) : database(std::move(conninfo)) {
        if (is_sqlite) open_sqlite();
        if (!database.empty()) open();
    }

private:
    void open_sqlite() {
        options_.file = folder.file("ledger.db");
        options_.cache_kib = 128;  // Small: a large unit spills.
        options_.vfs = disk.name();
        open();
    }
    void open() {
        auto opened = database.empty() ? ledger::open_sqlite_store(options_, clock)
                                       : ledger::open_postgres_store(beside(), clock);
        ASSERT_TRUE(opened) << opened.error().message();
        store = *std::move(opened);
        auto connection = store->write_connection();
        ASSERT_TRUE(connection) << connection.error().message();
        writer = std::make_unique<ledger::Writer>(*std::move(connection), ledger::Writer::Options{},
                                                  log.get());
    }

    ledger::SqliteOptions options_;
};

}  // namespace tollgate::testing
