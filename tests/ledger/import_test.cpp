// A SQLite ledger that becomes a PostgreSQL one.
#include "ledger/postgres_import.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "ledger/postgres_export.h"
#include "ledger/sqlite_store.h"
#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using testing::EngineWorld;
using testing::LedgerWorld;
using testing::PostgresServer;

class Importing : public ::testing::Test {
protected:
    void SetUp() override {
        if (PostgresServer::is_installed()) return fill();
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "postgresql is not installed";
        GTEST_SKIP() << "skipped: postgresql is not installed";
    }

    // A payment with a body that is no text, a refund, an endpoint, events with and without a
    // number.
    void fill() {
        database_ = PostgresServer::shared()->new_database();
        Payment paid = old_.added("T1");
        old_.added("T2");
        ASSERT_TRUE(old_.run([&](Books& books) -> Result<Done> {
            TOLLGATE_DO(books.change_payment(paid, {.to = PaymentStatus::paid, .trade_no = "2026"},
                                             old_.origin, old_.clock.now()));
            Refund refund;
            refund.id = "ref_1";
            refund.payment = paid.row;
            refund.out_request_no = "R\"1\\";  // What must be quoted.
            refund.amount = Money::from_fen(300);
            refund.created_at = old_.clock.now();
            TOLLGATE_DO(books.refunds().add(refund, old_.origin));
            NotificationRecord record;
            record.app = "shop";
            record.notify_id = "n1";
            record.payment = paid.row;
            record.kind = "trade_status_sync";
            record.verdict = Verdict::accepted;
            record.headers = "{}";
            record.body = std::string("a\xFF\0b", 4);
            TOLLGATE_TRY([[maybe_unused]] const RowId row, books.add_notification(record));
            Endpoint endpoint;
            endpoint.id = "orders";
            endpoint.plan.url = "http://a/";
            TOLLGATE_DO(books.outbox().add_endpoint(endpoint));
            TOLLGATE_DO(add_event(books, "evt_1"));
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(10));
            TOLLGATE_DO(books.outbox().publish(events));
            TOLLGATE_DO(books.outbox().add_delivery(events.front(), endpoint, std::nullopt,
                                                    old_.clock.now()));
            return add_event(books, "evt_2");
        }));
        old_.writer.reset();
        old_.store.reset();
    }

    Result<Done> add_event(Books& books, const std::string& id) {
        return books.add_event({.id = id,
                                .app = "shop",
                                .type = "payment.paid",
                                .payload = "{}",
                                .created_at = old_.clock.now()});
    }

    auto import() {
        PostgresAddress address;
        address.conninfo = database_;
        return import_sqlite(old_.folder.file("ledger.db"), address, old_.clock,
                             [](std::string_view, std::int64_t) {});
    }

    auto export_to(const std::string& name) {
        PostgresAddress address;
        address.conninfo = database_;
        return export_sqlite(address, old_.folder.file(name), old_.clock,
                             [](std::string_view, std::int64_t) {});
    }

    LedgerWorld old_;
    std::string database_;
};

TEST_F(Importing, KeepsEverythingAndGoesOnBehindIt) {
    const auto imported = import();
    ASSERT_TRUE(imported) << imported.error().message();
    EXPECT_EQ(imported->front().rows, 2);
    EXPECT_EQ(imported->front().fen, 2'000);

    PostgresOptions options;
    options.address.conninfo = database_;
    auto store = open_postgres_store(std::move(options), old_.clock);
    ASSERT_TRUE(store) << store.error().message();
    auto reading = (*store)->read();
    const auto payment = (*reading)->payment_by_trade_no("2026");
    ASSERT_TRUE(payment && *payment);
    EXPECT_EQ((*payment)->version, 2);
    EXPECT_EQ((*reading)->history_of(**payment)->size(), 2U);
    EXPECT_TRUE((*reading)->refunds().one(**payment, "R\"1\\")->has_value());
    EXPECT_EQ((*reading)->notification({"shop", "", "n1"})->value().verdict, Verdict::accepted);
    EXPECT_EQ(PostgresServer::ask(database_, "SELECT encode(body, 'hex') FROM notification_body"),
              "61ff0062");
    const auto events = (*reading)->outbox().events({.apps = {"shop"}});
    ASSERT_EQ(events->size(), 1U);
    EXPECT_EQ(events->front().publication, 1);
    EXPECT_EQ((*reading)->outbox().deliveries_of(events->front())->size(), 1U);

    auto connection = (*store)->write_connection();
    Writer writer(*std::move(connection), {}, old_.log.get());
    int done = 0;
    writer.submit(make_unit(
        [&](Books& books) -> Result<Done> {
            Payment fresh = old_.payment("T3");
            TOLLGATE_DO(books.add_payment(fresh, {.fingerprint = "{}"}, old_.origin));
            Endpoint endpoint;
            endpoint.id = "others";
            TOLLGATE_DO(books.outbox().add_endpoint(endpoint));
            TOLLGATE_TRY(const auto unpublished, books.outbox().unpublished_events(10));
            EXPECT_EQ(unpublished.size(), 1U);
            return books.outbox().publish(unpublished);
        },
        [&](const Result<Done>& outcome) {
            EXPECT_TRUE(outcome) << outcome.error().message();
            ++done;
        }));
    ASSERT_TRUE(writer.run_once());
    EXPECT_EQ(done, 1);
    const auto later = (*reading)->outbox().events({.apps = {"shop"}, .after = 1});
    ASSERT_EQ(later->size(), 1U);
    EXPECT_EQ(later->front().id, "evt_2");
}

std::string dump(const std::string& file, const CommonTable& table) {
    auto db = Database::open(file, Database::Mode::read_only);
    auto names = db->prepare(
        "SELECT group_concat('quote(' || name || ')', '||''|''||') FROM"
        " pragma_table_info(?)");
    names->bind(1, table.name);
    EXPECT_TRUE(names->step().value_or(false));
    const std::string row = names->text(0);
    auto select = db->prepare("SELECT " + row + " AS line FROM " + table.name + " ORDER BY line");
    EXPECT_TRUE(select);
    std::string text;
    while (select->step().value_or(false)) text += select->text(0) + '\n';
    return text;
}

// There and back: every row is as it was, the watermark of the events included.
TEST_F(Importing, AndExportingGivesTheSameLedger) {
    ASSERT_TRUE(import());
    const auto copied = export_to("back.db");
    ASSERT_TRUE(copied) << copied.error().message();
    EXPECT_EQ(copied->front().fen, 2'000);
    for (const CommonTable& table : kCommonTables) {
        EXPECT_EQ(dump(old_.folder.file("back.db"), table),
                  dump(old_.folder.file("ledger.db"), table))
            << table.name;
    }
    const auto events = [&](const std::string& file) {
        auto store = open_sqlite_store({.file = old_.folder.file(file)}, old_.clock);
        EXPECT_TRUE(store) << store.error().message();
        return (*(*store)->read())->outbox().events({.apps = {"shop"}})->size();
    };
    EXPECT_EQ(events("back.db"), events("ledger.db"));
}

TEST_F(Importing, ExportingOverwritesNothingAndLeavesNothingHalfDone) {
    ASSERT_TRUE(import());
    const auto taken = export_to("ledger.db");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::conflict);
    PostgresServer::ask(database_, "ALTER TABLE submit_token RENAME TO elsewhere");
    ASSERT_FALSE(export_to("half.db"));
    for (const auto& entry : std::filesystem::directory_iterator(old_.folder.path())) {
        EXPECT_EQ(entry.path().filename().string().find("half"), std::string::npos);
    }
}

TEST_F(Importing, RefusesWhatWouldMixTwoLedgers) {
    ASSERT_TRUE(import());
    const auto again = import();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), ErrorCode::failed_precondition);
    EXPECT_EQ(PostgresServer::ask(database_, "SELECT count(*) FROM payment"), "2");
}

TEST_F(Importing, RefusesALedgerThatAGatewayWritesTo) {
    old_.reopen();
    const auto refused = import();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace tollgate::ledger
