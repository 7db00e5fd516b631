// A ledger that an earlier version of the program has written.
#include <filesystem>

#include <gtest/gtest.h>

#include "base/migrate.h"
#include "ledger/migrations.h"
#include "ledger/outbox.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kFirstVersionsRows = R"sql(
    INSERT INTO event (id, event_id, app, type, payload, created_ms) VALUES
        (1, 'evt_1', 'shop', 'payment.paid', '{}', 1000),
        (2, 'evt_2', 'shop', 'payment.paid', '{}', 2000);
    INSERT INTO endpoint (id, url, origin, enabled) VALUES
        ('here', 'http://127.0.0.1:1/', 'config', 1), ('left', 'http://127.0.0.1:2/', 'config', 0);
    INSERT INTO endpoint_app (app, endpoint) VALUES ('shop', 'here'), ('other', 'here'),
                                                    ('shop', 'left');
    INSERT INTO delivery (id, event, endpoint, status, attempts, next_attempt_ms, lease_until_ms)
        VALUES (1, 1, 'here', 'delivered', 1, 1000, NULL), (2, 2, 'here', 'pending', 2, 9000, 9000),
               (3, 2, 'left', 'spent', 10, 5000, NULL);
    INSERT INTO attempt (delivery, number, started_ms, finished_ms, outcome, http_status) VALUES
        (1, 1, 1000, 1001, 'delivered', 200), (2, 1, 2000, 2001, 'http_error', 500),
        (2, 2, 8000, NULL, NULL, NULL);
)sql";

constexpr const char* kSecondVersionsRows = R"sql(
    INSERT INTO event (id, event_id, app, type, payload, created_ms) VALUES
        (1, 'evt_1', 'shop', 'payment.paid', '{}', 1000),
        (2, 'evt_2', 'shop', 'payment.paid', '{}', 2000),
        (3, 'evt_3', 'shop', 'payment.paid', '{}', 3000);
    UPDATE publication SET last = 3;
    INSERT INTO endpoint (endpoint_id, origin, url, status, backlog_to, version, created_ms,
                          updated_ms)
        VALUES ('a', 'api', 'http://a/', 'enabled', 4, 1, 0, 0),
               ('b', 'api', 'http://b/', 'enabled', 0, 2, 0, 0);
    INSERT INTO delivery (id, event, endpoint, status, generation, attempts, next_attempt_ms,
                          finished_ms)
        VALUES (1, 1, 1, 'delivered', 1, 1, 1000, 1001), (2, 1, 2, 'delivered', 2, 2, 1000, 1010),
               (3, 2, 1, 'pending', 1, 0, 2000, NULL), (4, 2, 2, 'pending', 1, 1, 7000, NULL),
               (5, 3, 1, 'pending', 1, 0, 3000, NULL);
    INSERT INTO attempt (delivery, number, generation, started_ms, finished_ms, outcome,
                         http_status, address, total_us, detail)
        VALUES (1, 1, 1, 1000, 1001, 'delivered', 200, '127.0.0.1', 900, 'ok'),
               (2, 1, 1, 1000, 1002, 'delivered', 204, '127.0.0.1', 800, ''),
               (2, 2, 2, 1009, 1010, 'delivered', 200, '127.0.0.1', 700, ''),
               (4, 1, 1, 2000, 2001, 'http_error', 500, '127.0.0.1', 600, 'oh');
)sql";

// A payment whose trade_no is known and two that wait for one; what was heard of the first, of no
// order, and of nobody.
constexpr const char* kEleventhVersionsRows = R"sql(
    INSERT INTO payment (id, payment_id, app, out_trade_no, seller_id, status, version, product,
                         amount_fen, subject, trade_no, created_ms, updated_ms, expires_ms)
        VALUES (1, 'pay_1', 'shop', 'T1', '2088', 'paid', 2, 'page', 1000, 's', '2026', 1, 1, 1),
               (2, 'pay_2', 'shop', 'T2', '2088', 'pending', 1, 'page', 1000, 's', NULL, 1, 1, 1),
               (3, 'pay_3', 'shop', 'T3', '2088', 'pending', 1, 'page', 1000, 's', NULL, 1, 1, 1);
    INSERT INTO notification (id, app, notify_id, payment, kind, out_trade_no, verdict, received_ms)
        VALUES (1, 'shop', 'n1', 1, 'trade_status_sync', 'T1', 'accepted', 1),
               (2, 'shop', 'n2', NULL, 'open_app_auth_notify', NULL, 'ignored', 2),
               (3, 'shop', NULL, NULL, 'unverified', 'T2', 'rejected', 3);
    INSERT INTO difference (difference_id, app, class, trade_no, payment, notification, evidence,
                            opened_ms) VALUES ('dif_1', 'shop', 'late', '2026', 1, 1, '{}', 1);
)sql";

// As the program of that version left it.
void write_old_ledger(const std::string& file, std::size_t version, const char* rows) {
    auto db = Database::open(file, Database::Mode::read_write);
    ASSERT_TRUE(
        db->run("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON"));
    std::vector<Migration> known = sqlite_migrations();
    known.resize(version);
    ASSERT_TRUE(migrate(*db, known, file, Timestamp{0}));
    const auto written = db->run(rows);
    ASSERT_TRUE(written) << written.error().message();
}

TEST(OldLedger, OfTheSecondVersionKeepsItsDeliveriesAttemptsAndBacklog) {
    testing::TempFolder folder;
    testing::HandClock clock;
    const std::string file = folder.file("ledger.db");
    write_old_ledger(file, 2, kSecondVersionsRows);
    auto store = open_sqlite_store({.file = file}, clock);
    ASSERT_TRUE(store) << store.error().message();
    auto lease = (*store)->read();
    auto& reading = (*lease)->outbox();
    const auto a = reading.endpoint("a")->value();
    const auto of_first = reading.attempts_of(**reading.event("evt_1"));
    ASSERT_EQ(of_first->size(), 3U);
    EXPECT_EQ((*of_first)[0].detail, "ok");
    EXPECT_EQ((*of_first)[0].phases.total_us, 900);
    EXPECT_EQ((*of_first)[1].http_status, 204);
    EXPECT_EQ((*of_first)[2].number, 2);
    const auto deliveries = reading.deliveries({.endpoint = a.row, .apps = {"shop"}});
    ASSERT_EQ(deliveries->size(), 3U);
    EXPECT_EQ((*deliveries)[0].status, DeliveryStatus::delivered);
    EXPECT_EQ(reading.load_of(a)->pending, 2);

    // What piled up before stays out of the lane for what is new.
    auto connection = (*store)->write_connection();
    ASSERT_TRUE((*connection)->begin(WriteConnection::Care::among_others));
    const auto claim = [&](Lane lane) {
        auto due = (*connection)
                       ->books()
                       .outbox()
                       .claim({.endpoint = a,
                               .lane = lane,
                               .limit = 5,
                               .now = clock.now(),
                               .lease_until = clock.now()});
        std::vector<std::string> ids;
        for (const auto& delivery : *due) ids.push_back(delivery.event_id);
        return ids;
    };
    EXPECT_EQ(claim(Lane::fresh), std::vector<std::string>{"evt_3"});
    EXPECT_EQ(claim(Lane::backlog), std::vector<std::string>{"evt_2"});
    (*connection)->roll_back();
}

TEST(OldLedger, OfTheFirstVersionKeepsItsEventsEndpointsAndAttempts) {
    testing::TempFolder folder;
    testing::HandClock clock;
    const std::string file = folder.file("ledger.db");
    write_old_ledger(file, 1, kFirstVersionsRows);
    auto store = open_sqlite_store({.file = file}, clock);
    ASSERT_TRUE(store) << store.error().message();
    auto lease = (*store)->read();
    auto& reading = (*lease)->outbox();
    const auto here = reading.endpoint("here")->value();
    EXPECT_EQ(here.status, EndpointStatus::enabled);
    EXPECT_TRUE(wants(here.plan, "shop", "payment.paid"));
    EXPECT_TRUE(wants(here.plan, "other", "payment.paid"));
    EXPECT_EQ(here.plan.apps.size(), 2U);
    EXPECT_EQ(reading.endpoint("left")->value().parked_reason, "not_in_settings");
    const auto events = reading.events({.apps = {"shop"}});
    ASSERT_EQ(events->size(), 2U);
    EXPECT_EQ(events->back().publication, 2);
    const auto deliveries = reading.deliveries_of(events->back());
    ASSERT_EQ(deliveries->size(), 2U);
    EXPECT_EQ((*deliveries)[0].attempts, 2);
    EXPECT_EQ((*deliveries)[1].status, DeliveryStatus::spent);
    EXPECT_EQ(reading.attempts_of(events->front())->front().http_status, 200);

    // What was under way when that program died is picked up, and its end recorded.
    auto connection = (*store)->write_connection();
    testing::TestLog log{clock};
    Writer writer(*std::move(connection), {}, log.get());
    std::size_t claimed = 0;
    writer.submit(make_unit(
        [&](Books& books) {
            return books.outbox().claim({.endpoint = here,
                                         .lane = Lane::retry,
                                         .limit = 5,
                                         .now = clock.now(),
                                         .lease_until = clock.now()});
        },
        [&](const Result<std::vector<DueDelivery>>& due) { claimed = due->size(); }));
    ASSERT_TRUE(writer.run_once());
    EXPECT_EQ(claimed, 1U);
}

TEST(OldLedger, OfTheEleventhVersionKeepsWhatIsThereOnlyOnce) {
    testing::LedgerWorld world;
    const std::string file = world.folder.file("old.db");
    write_old_ledger(file, 11, kEleventhVersionsRows);
    world.writer.reset();
    world.store.reset();
    std::filesystem::rename(file, world.folder.file("ledger.db"));
    world.reopen();
    const auto ask = [&](const std::string& sql) {
        auto db = Database::open(world.folder.file("ledger.db"), Database::Mode::read_only);
        auto select = db->prepare(sql);
        return *select->step() ? select->text(0) : "";
    };
    EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(ask("SELECT count(*) FROM pragma_foreign_key_check"), "0");
    {
        auto reading = world.store->read();
        EXPECT_EQ((*reading)->notification({"shop", "T1", "n1"})->value().row, 1);
        EXPECT_EQ((*reading)->notification({"shop", "", "n2"})->value().row, 2);
        EXPECT_FALSE((*reading)->notification({"shop", "T2", "n1"})->has_value());
        EXPECT_EQ((*reading)->payment_by_trade_no("2026")->value().id, "pay_1");
    }
    NotificationRecord record;
    record.app = "shop";
    record.kind = "unverified";
    record.headers = "{}";
    EXPECT_TRUE(world.run([&](Books& books) { return books.add_unverified(record, 1); }));
    EXPECT_EQ(ask("SELECT count(*) FROM notification WHERE notify_id IS NULL"), "1");
    record.notify_id = "n2";
    const auto again = world.run([&](Books& books) { return books.add_notification(record); });
    EXPECT_EQ(again.error().code(), ErrorCode::conflict);
    // Of the payment's own unique keys each still holds.
    Payment waiting = *world.find("T2");
    const auto bound = world.run([&](Books& books) {
        return books.change_payment(waiting, {.to = PaymentStatus::paid, .trade_no = "2026"},
                                    world.origin, world.clock.now());
    });
    EXPECT_EQ(bound.error().code(), ErrorCode::conflict);
    for (const auto& [app, seller] : {std::pair("shop", "2089"), std::pair("other", "2088")}) {
        Payment taken = world.payment("T3");
        taken.app = app;
        taken.seller_id = seller;
        const auto added = world.run([&](Books& books) {
            return books.add_payment(taken, {.fingerprint = "{}"}, world.origin);
        });
        EXPECT_EQ(added.error().code(), ErrorCode::conflict) << app;
    }
}

}  // namespace
}  // namespace tollgate::ledger
