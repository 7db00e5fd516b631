#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "gateway/reconcile/reconciler.h"
#include "gateway/reconcile/report.h"
#include "tests/ledger/ledger_world.h"
#include "tests/reconcile/bill_maker.h"

namespace tollgate::testing {

// A real ledger and a merchant with one app, whose day 2026-11-10 is compared with bills that a
// test writes.
class ReconcileWorld {
public:
    ReconcileWorld() { world.clock.pass(std::chrono::hours(10)); }  // Ten in the morning, 11-11.

    static Timestamp at(const std::string& beijing) { return *parse_beijing(beijing); }
    static BeijingDay day(const std::string& text) { return *BeijingDay::parse(text); }

    // A payment as it stood after its create call.
    ledger::Payment pending(const std::string& number, std::int64_t fen = 1'000,
                            const std::string& created = "2026-11-10 11:00:00") {
        auto payment = world.payment(number);
        payment.amount = Money::from_fen(fen);
        payment.created_at = at(created);
        payment.expires_at = payment.created_at + std::chrono::minutes(30);
        EXPECT_TRUE(world.run([&](ledger::Books& books) {
            return books.add_payment(payment, {.fingerprint = "{}"}, world.origin);
        }));
        return payment;
    }

    void move(ledger::Payment& payment, ledger::PaymentStatus to,
              std::optional<std::string> trade_no = std::nullopt,
              const std::string& when = "2026-11-10 12:00:00") {
        EXPECT_TRUE(world.run([&](ledger::Books& books) {
            ledger::PaymentChange change{.to = to, .trade_no = trade_no};
            if (to == ledger::PaymentStatus::paid) change.paid_at = at(when);
            return books.change_payment(payment, change, world.origin, at(when));
        }));
    }

    ledger::Payment paid(const std::string& number, const std::string& trade_no,
                         std::int64_t fen = 1'000,
                         const std::string& when = "2026-11-10 12:00:00") {
        auto payment = pending(number, fen, "2026-11-10 00:00:01");
        move(payment, ledger::PaymentStatus::paid, trade_no, when);
        return payment;
    }

    void refund(const ledger::Payment& payment, const std::string& request_no, std::int64_t fen,
                const std::string& status = "succeeded",
                const std::string& when = "2026-11-10 13:00:00",
                const std::string& origin = "api") {
        const std::string ms = std::to_string(at(when).ms);
        execute(
            "INSERT INTO refund (refund_id, payment, out_request_no, status, version,"
            " amount_fen, origin, created_ms, updated_ms) VALUES ('ref_" +
            request_no + "', " + std::to_string(payment.row) + ", '" + request_no + "', '" +
            status + "', 1, " + std::to_string(fen) + ", '" + origin + "', " + ms + ", " + ms +
            ")");
    }

    Result<gateway::reconcile::Report> run(const BillMaker& bill, bool with_funds = false) {
        const std::string trade = world.folder.file("trade.zip");
        write_trade_bill(trade, bill);
        std::vector<std::string> files{trade};
        if (with_funds) {
            files.push_back(world.folder.file("fund.zip"));
            write_fund_bill(files.back(), bill);
        }
        return run_files(files, day(bill.date));
    }

    Result<gateway::reconcile::Report> run_files(const std::vector<std::string>& files,
                                                 const BeijingDay& bill_day) {
        gateway::reconcile::Reconciler reconciler(
            {.store = *world.store,
             .transact = [this](const auto& work) { return transact(work); },
             .clock = world.clock,
             .entropy = world.entropy,
             .log = world.log.get()});
        return reconciler.run(
            {.seller = seller, .day = bill_day, .bill_files = files, .request_id = "req_1"});
    }

    // Each class that was found with its fate, such as "amount_differs opened T1", sorted.
    static std::vector<std::string> found(const gateway::reconcile::Report& report) {
        std::vector<std::string> words;
        for (const auto& row : report.rows) {
            words.push_back(std::string(name_of(row.bill_class)) + " " +
                            std::string(name_of(row.fate)) + " " + row.out_trade_no);
        }
        std::ranges::sort(words);
        return words;
    }

    // Everything that a comparison may write, for comparing two ledgers.
    std::vector<std::string> written() {
        std::vector<std::string> all;
        const auto add = [&](const std::string& sql, int columns) {
            const auto rows = lines(sql, columns);
            all.insert(all.end(), rows.begin(), rows.end());
        };
        add("SELECT 'payment', out_trade_no, status, version, trade_no, paid_ms, late, held"
            " FROM payment ORDER BY 2",
            8);
        add("SELECT 'transition', p.out_trade_no, t.version, t.to_status, t.cause"
            " FROM transition t JOIN payment p ON p.id = t.payment ORDER BY 2, 3",
            5);
        add("SELECT 'event', type, payment, version FROM event ORDER BY 2, 3, 4", 4);
        add("SELECT 'difference', class, trade_no, payment, status FROM difference ORDER BY 2, 3",
            5);
        add("SELECT 'boundary', payment, refund, bill_date, status FROM day_boundary"
            " ORDER BY 2, 3",
            5);
        add("SELECT 'reconciliation', bill_date, status, repaired, opened FROM reconciliation"
            " ORDER BY 2",
            5);
        return all;
    }

    std::string text(const std::string& sql) {
        const auto rows = lines(sql, 1);
        return rows.empty() ? "" : rows.front();
    }

    void execute(const std::string& sql) {
        auto db = Database::open(world.folder.file("ledger.db"), Database::Mode::read_write);
        ASSERT_TRUE(db);
        const auto done = db->run(sql.c_str());
        ASSERT_TRUE(done) << done.error().message();
    }

    LedgerWorld world;
    gateway::reconcile::Seller seller{.seller_id = "2088000000000001",
                                      .apps = {{.app = "shop", .prefixes = {}}}};
    // Dies after this many units: the next ones do not run.
    int units_left = 1'000'000;
    // What happens beside a run, before its unit of this number (1, 2, …).
    std::function<void(int unit)> before_unit;

private:
    int unit_ = 0;

    Result<Done> transact(const std::function<Result<Done>(ledger::Books&)>& work) {
        if (units_left-- <= 0) return Error(ErrorCode::unavailable, "the process has died");
        if (before_unit) before_unit(++unit_);
        return world.run([&](ledger::Books& books) { return work(books); });
    }

    std::vector<std::string> lines(const std::string& sql, int columns) {
        std::vector<std::string> rows;
        auto db = Database::open(world.folder.file("ledger.db"), Database::Mode::read_only);
        EXPECT_TRUE(db);
        auto select = db->prepare(sql);
        EXPECT_TRUE(select) << select.error().message();
        while (*select->step()) {
            std::string row;
            for (int i = 0; i < columns; ++i) row += (i == 0 ? "" : "|") + select->text(i);
            rows.push_back(row);
        }
        return rows;
    }
};

}  // namespace tollgate::testing
