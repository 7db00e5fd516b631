// What Books promises to two processes that write at the same time, of every engine: as many
// threads as processes, each with a connection of its own.
#include <barrier>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using testing::Engine;
using testing::EngineWorld;

class Isolation : public testing::EveryEngine {
protected:
    static constexpr int kRounds = 25;

    // Runs `work(books, process, round)` as a unit of each process, kRounds times, all at once.
    // `done` hears of each outcome, one at a time.
    template <typename Work, typename Heard>
    void race(Work work, Heard done) {
        std::barrier<> together(2);
        std::mutex mutex;
        const auto process = [&](int number) {
            auto store = open_another();
            auto connection = store->write_connection();
            ASSERT_TRUE(connection);
            Writer writer(*std::move(connection), {}, world_.log.get());
            for (int round = 0; round < kRounds; ++round) {
                together.arrive_and_wait();
                writer.submit(make_unit([&](Books& books) { return work(books, number, round); },
                                        [&](auto outcome) {
                                            const std::lock_guard lock(mutex);
                                            EXPECT_TRUE(outcome) << outcome.error().message();
                                            if (outcome) done(*outcome);
                                        }));
                EXPECT_TRUE(writer.run_once());
            }
        };
        std::thread second(process, 1);
        process(0);
        second.join();
    }
    template <typename Work>
    void race(Work work) {
        race(work, [](const auto& /*well*/) {});
    }

    std::unique_ptr<Store> open_another() {
        auto opened = GetParam() == Engine::postgres
                          ? open_postgres_store(world_.beside(), world_.clock)
                          : open_sqlite_store(
                                {.file = world_.folder.file("ledger.db"), .beside_gateway = true},
                                world_.clock);
        EXPECT_TRUE(opened) << opened.error().message();
        return *std::move(opened);
    }

    EngineWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(, Isolation, testing::every_engine(), testing::engine_name);

// What is no news makes no version, so that only the lock can help.
TEST_P(Isolation, NoUpdateIsLost) {
    Payment payment = world_.added("T1");
    const Timestamp began = world_.clock.now();
    ASSERT_TRUE(world_.run([&](Books& books) { return books.set_next_sweep(payment, began); }));
    race([](Books& books, int, int) -> Result<Done> {
        TOLLGATE_TRY(auto found, books.read().payment_by_number("shop", "T1"));
        return books.set_next_sweep(*found, *found->next_sweep_at + std::chrono::milliseconds(1));
    });
    EXPECT_EQ((*world_.find("T1")->next_sweep_at - began).count(), 2 * kRounds);
}

// Each looks at the sum before it adds to it, knowing the payment from before.
TEST_P(Isolation, LiveRefundsNeverExceedThePayment) {
    const Payment payment = world_.added("T1");  // 1,000 fen.
    int added = 0;
    race(
        [&](Books& books, int process, int round) -> Result<bool> {
            TOLLGATE_TRY(const auto refunds, books.read().refunds().of(payment));
            if (sums_of(refunds).live.fen() + 30 > payment.amount.fen()) return false;
            Refund refund;
            refund.id = "ref_" + std::to_string(process) + "_" + std::to_string(round);
            refund.payment = payment.row;
            refund.out_request_no = refund.id;
            refund.amount = Money::from_fen(30);
            refund.created_at = world_.clock.now();
            TOLLGATE_DO(books.refunds().add(refund, world_.origin));
            return true;
        },
        [&](bool was_added) { added += was_added ? 1 : 0; });
    EXPECT_EQ(added, 33);
    EXPECT_EQ(world_.ask("SELECT sum(amount_fen) FROM refund"), "990");
}

TEST_P(Isolation, ANotificationIsRecordedOnceAndTheOtherOneKnows) {
    world_.added("T1");
    int recorded = 0;
    race(
        [&](Books& books, int, int round) -> Result<bool> {
            NotificationRecord record;
            record.app = "shop";
            record.notify_id = "n" + std::to_string(round);
            record.kind = "trade_status_sync";
            record.verdict = Verdict::accepted;
            record.headers = "{}";
            TOLLGATE_TRY(const auto seen, books.read().notification(record.key()));
            if (seen) return false;
            TOLLGATE_TRY([[maybe_unused]] const RowId row, books.add_notification(record));
            TOLLGATE_DO(books.add_event({.id = "evt_" + *record.notify_id,
                                         .app = "shop",
                                         .type = "payment.paid",
                                         .payload = "{}",
                                         .created_at = world_.clock.now()}));
            return true;
        },
        [&](bool was_new) { recorded += was_new ? 1 : 0; });
    EXPECT_EQ(recorded, kRounds);
    EXPECT_EQ(world_.ask("SELECT count(*) FROM event"), std::to_string(kRounds));
}

TEST_P(Isolation, ANumberIsCreatedOnceAndTheOtherOneFindsIt) {
    std::set<std::string> created;
    std::multiset<std::string> found;
    race(
        [&](Books& books, int process, int round) -> Result<std::string> {
            Payment payment = world_.payment("T" + std::to_string(round));
            payment.id = "pay_" + std::to_string(process) + "_" + std::to_string(round);
            TOLLGATE_TRY(const auto there,
                         books.read().payment_by_number("shop", payment.out_trade_no));
            if (there) return there->id;
            TOLLGATE_DO(books.add_payment(payment, {.fingerprint = "{}"}, world_.origin));
            return payment.id;
        },
        [&](const std::string& id) {
            created.insert(id);
            found.insert(id);
        });
    EXPECT_EQ(created.size(), static_cast<std::size_t>(kRounds));
    for (const std::string& id : created) EXPECT_EQ(found.count(id), 2U) << id;
}

// Two tries of one order are paid at the same moment: one of them is too much.
TEST_P(Isolation, OneOfTwoPaymentsOfAnOrderIsSurplus) {
    for (int round = 0; round < kRounds; ++round) {
        for (const char* half : {"A", "B"}) {
            Payment payment = world_.payment(half + std::to_string(round));
            payment.order = "O" + std::to_string(round);
            ASSERT_TRUE(world_.run([&](Books& books) {
                Payment copy = payment;
                return books.add_payment(copy, {.fingerprint = "{}"}, world_.origin);
            }));
        }
    }
    int surplus = 0;
    race(
        [&](Books& books, int process, int round) -> Result<bool> {
            const std::string number = (process == 0 ? "A" : "B") + std::to_string(round);
            TOLLGATE_TRY(auto mine, books.read().payment_by_number("shop", number));
            TOLLGATE_TRY(const auto tries,
                         books.read().payments_of_order("shop", *mine->order, 10));
            bool other_is_paid = false;
            for (const Payment& other : tries) {
                other_is_paid = other_is_paid ||
                                (other.row != mine->row && other.status == PaymentStatus::paid);
            }
            TOLLGATE_DO(books.change_payment(*mine,
                                             {.to = PaymentStatus::paid, .surplus = other_is_paid},
                                             world_.origin, world_.clock.now()));
            return other_is_paid;
        },
        [&](bool was_surplus) { surplus += was_surplus ? 1 : 0; });
    EXPECT_EQ(surplus, kRounds);
}

TEST_P(Isolation, NobodyClaimsWhatAnotherHasClaimed) {
    for (int i = 0; i < 4 * kRounds; ++i) {
        Payment payment = world_.added("T" + std::to_string(i));
        ASSERT_TRUE(world_.run(
            [&](Books& books) { return books.set_next_sweep(payment, world_.clock.now()); }));
    }
    std::multiset<std::string> claimed;
    const auto claim = [&](Books& books, int, int) {
        return books.claim_due_payments(world_.clock.now(),
                                        world_.clock.now() + std::chrono::minutes(1), 3);
    };
    race(claim, [&](const std::vector<Payment>& payments) {
        for (const Payment& payment : payments) claimed.insert(payment.id);
    });
    EXPECT_EQ(claimed.size(), static_cast<std::size_t>(4 * kRounds));
    EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), claimed.size());
}

}  // namespace
}  // namespace tollgate::ledger
