#include "ledger/writer.h"

#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using testing::EngineWorld;
using testing::FaultyDisk;
using testing::LedgerWorld;

class WriterContract : public testing::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(, WriterContract, testing::every_engine(), testing::engine_name);
class WriterThreads : public testing::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(, WriterThreads, testing::every_engine(), testing::engine_name);

// The outcomes of a batch of units, in the order in which they were given.
struct Answers {
    std::vector<std::string> of;  // "" while nobody has answered; "ok", or the error's name.

    auto note(std::size_t index) {
        of.resize(std::max(of.size(), index + 1));
        return [this, index](const Result<Done>& outcome) {
            of[index] = outcome ? "ok" : std::string(name_of(outcome.error().code()));
        };
    }
};

// A unit that adds one payment.
auto add(LedgerWorld& world, const std::string& number) {
    return [&world, payment = world.payment(number)](Books& books) mutable -> Result<Done> {
        auto copy = payment;
        return books.add_payment(copy, {.fingerprint = "{}"}, world.origin);
    };
}

void submit_batch(LedgerWorld& world, Answers& answers, int size) {
    for (int i = 0; i < size; ++i) {
        const auto index = static_cast<std::size_t>(i);
        world.writer->submit(make_unit(add(world, "T" + std::to_string(i)), answers.note(index)));
    }
}

TEST_P(WriterContract, AnswersNobodyBeforeTheCommit) {
    EngineWorld world(GetParam());
    Answers answers;
    submit_batch(world, answers, 3);
    EXPECT_EQ(answers.of, (std::vector<std::string>{"", "", ""}));
    EXPECT_EQ(*world.writer->run_once(), 3U);
    EXPECT_EQ(answers.of, (std::vector<std::string>{"ok", "ok", "ok"}));
    EXPECT_EQ(world.writer->health().commits, 1U);
    EXPECT_TRUE(world.find("T2"));
}

TEST_P(WriterContract, UndoesAUnitThatFailsAndKeepsTheOthers) {
    EngineWorld world(GetParam());
    Answers answers;
    world.writer->submit(make_unit(add(world, "A"), answers.note(0)));
    world.writer->submit(make_unit(
        [&, inner = add(world, "B")](Books& books) mutable -> Result<Done> {
            TOLLGATE_DO(inner(books));
            return Error(ErrorCode::failed_precondition, "changed my mind");
        },
        answers.note(1)));
    world.writer->submit(make_unit(add(world, "C"), answers.note(2)));
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(answers.of, (std::vector<std::string>{"ok", "failed_precondition", "ok"}));
    EXPECT_TRUE(world.find("A"));
    EXPECT_FALSE(world.find("B"));
    EXPECT_TRUE(world.find("C"));
}

TEST(Writer, RunsTheOthersAgainOnlyWhenAUnitFailedHalfDone) {
    for (const bool half_done : {false, true}) {
        LedgerWorld world;
        Answers answers;
        int runs = 0;
        world.writer->submit(make_unit(
            [&, inner = add(world, "A")](Books& books) mutable {
                ++runs;
                return inner(books);
            },
            answers.note(0)));
        world.writer->submit(make_unit(
            [&, inner = add(world, "B")](Books& books) mutable -> Result<Done> {
                if (half_done) TOLLGATE_DO(inner(books));
                return Error(ErrorCode::failed_precondition, "changed my mind");
            },
            answers.note(1)));
        ASSERT_TRUE(world.writer->run_once());
        EXPECT_EQ(runs, half_done ? 2 : 1);
        EXPECT_EQ(answers.of, (std::vector<std::string>{"ok", "failed_precondition"}));
        EXPECT_TRUE(world.find("A"));
        EXPECT_FALSE(world.find("B"));
    }
}

// The system takes the size of a write modulo 128 KiB.
TEST_P(WriterContract, CommitsMoreThanTheSystemTakesInOneWrite) {
    EngineWorld world(GetParam());
    Answers answers;
    for (std::size_t i = 0; i < 3; ++i) {
        world.writer->submit(make_unit(
            [&world, payment = world.payment("T" + std::to_string(i))](Books& books) mutable {
                auto copy = payment;
                const std::string action(400'000, 'a');
                return books.add_payment(copy, {.fingerprint = "{}", .action = action},
                                         world.origin);
            },
            answers.note(i)));
    }
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(answers.of, (std::vector<std::string>{"ok", "ok", "ok"}));
    world.reopen();
    for (const char* number : {"T0", "T1", "T2"}) {
        const auto payment = world.find(number);
        ASSERT_TRUE(payment);
        const auto reading = *world.store->read();
        EXPECT_EQ(reading->request_of(*payment)->action->size(), 400'000U);
    }
}

TEST_P(WriterContract, RunsAStaleVersionOnceMore) {
    EngineWorld world(GetParam());
    Payment stale = world.added("A");
    Answers answers;
    int runs = 0;
    world.writer->submit(make_unit(
        [&](Books& books) -> Result<Done> {
            if (++runs == 1) return Error(ErrorCode::stale_version, "somebody was faster");
            return books.change_payment(stale, {.to = PaymentStatus::paid}, world.origin,
                                        world.clock.now());
        },
        answers.note(0)));
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(answers.of[0], "ok");
}

TEST_P(WriterContract, LetsOnlyOneOfTwoChangesOfTheSameVersionWin) {
    EngineWorld world(GetParam());
    const Payment read = world.added("A");
    Answers answers;
    for (std::size_t i = 0; i < 2; ++i) {
        world.writer->submit(make_unit(
            [&, copy = read](Books& books) -> Result<Done> {
                Payment mine = copy;
                return books.change_payment(mine, {.to = PaymentStatus::paid}, world.origin,
                                            world.clock.now());
            },
            answers.note(i)));
    }
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(answers.of, (std::vector<std::string>{"ok", "stale_version"}));
    EXPECT_EQ(world.find("A")->version, 2);
}

TEST_P(WriterContract, RefusesAtOnceWhenTheLineIsFull) {
    EngineWorld world(GetParam());
    auto connection = world.store->write_connection();
    Writer small(*std::move(connection), {.batch_max = 1, .queue_max = 1}, world.log.get());
    Answers answers;
    small.submit(make_unit(add(world, "A"), answers.note(0)));
    small.submit(make_unit(add(world, "B"), answers.note(1)));
    EXPECT_EQ(answers.of, (std::vector<std::string>{"", "unavailable"}));
    ASSERT_TRUE(small.run_once());
    EXPECT_EQ(answers.of[0], "ok");
}

TEST(Writer, AnswersEveryUnitUnavailableWhenTheDiskIsFull) {
    LedgerWorld world;
    Answers answers;
    submit_batch(world, answers, 5);
    world.disk.fail(FaultyDisk::Fault::full);
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(answers.of, std::vector<std::string>(5, "unavailable"));
    EXPECT_TRUE(world.writer->health().write_failing);
    EXPECT_FALSE(world.find("T0"));  // Reading goes on.

    world.disk.heal();
    world.added("after");
    EXPECT_FALSE(world.writer->health().write_failing);
    world.reopen();
    EXPECT_FALSE(world.find("T0"));
    EXPECT_TRUE(world.find("after"));
}

TEST(Writer, CompletesNothingWhenTheCommitIsInDoubt) {
    for (const auto fault : {FaultyDisk::Fault::write_error, FaultyDisk::Fault::sync_error}) {
        LedgerWorld world;
        world.added("before");
        Answers answers;
        submit_batch(world, answers, 3);
        world.disk.fail(fault);
        const auto done = world.writer->run_once();
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().reason(), "commit_in_doubt");
        EXPECT_EQ(answers.of, (std::vector<std::string>{"", "", ""}));
        EXPECT_TRUE(world.writer->health().in_doubt);

        // Nothing more is taken in, and nothing more is promised.
        Answers later;
        world.writer->submit(make_unit(add(world, "later"), later.note(0)));
        EXPECT_EQ(later.of[0], "data_corruption");
        world.disk.heal();
        EXPECT_FALSE(world.writer->run_once());
        world.reopen();
        EXPECT_TRUE(world.find("before"));
    }
}

// The disk fails at the n-th write, for every n that a batch has: whatever was answered "ok" is
// there after a restart, and nothing that was answered otherwise is taken for done.
TEST(Writer, KeepsItsWordWhereverTheDiskFails) {
    for (const auto fault :
         {FaultyDisk::Fault::full, FaultyDisk::Fault::write_error, FaultyDisk::Fault::sync_error}) {
        for (int nth = 1; nth <= 12; ++nth) {
            LedgerWorld world;
            Answers answers;
            submit_batch(world, answers, 8);
            world.disk.fail(fault, nth, 1);
            const auto done = world.writer->run_once();
            world.disk.heal();
            world.reopen();
            for (std::size_t i = 0; i < 8; ++i) {
                const std::string number = "T" + std::to_string(i);
                if (answers.of[i] == "ok") {
                    EXPECT_TRUE(world.find(number)) << number << " at write " << nth;
                } else {
                    EXPECT_TRUE(answers.of[i].empty() || answers.of[i] == "unavailable");
                }
                if (!done) {
                    EXPECT_EQ(answers.of[i], "");
                }
            }
        }
    }
}

// Adds a payment and a body so large that it spills to the disk before the COMMIT.
auto add_large(LedgerWorld& world, const std::string& number) {
    return [&world, inner = add(world, number)](Books& books) mutable -> Result<Done> {
        TOLLGATE_DO(inner(books));
        NotificationRecord record;
        record.app = "shop";
        record.kind = "large";
        record.body = std::string(2 * 1024 * 1024, 'x');
        record.headers = "{}";
        return books.add_unverified(record, 10);
    };
}

// A unit whose own statement meets the full disk, first, in the middle and last in its batch:
// SQLite rolls the whole transaction back by itself, and the others run again one by one.
TEST(Writer, RunsTheOthersAgainWhenTheEngineDropsTheBatch) {
    for (std::size_t bad = 0; bad < 3; ++bad) {
        LedgerWorld world;
        Answers answers;
        int runs = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            const std::string number = "T" + std::to_string(i);
            if (i != bad) {
                world.writer->submit(make_unit(add(world, number), answers.note(i)));
                continue;
            }
            world.writer->submit(make_unit(
                [&world, &runs, inner = add_large(world, number)](Books& books) mutable {
                    ++runs;
                    world.disk.fail(FaultyDisk::Fault::full);
                    auto outcome = inner(books);
                    world.disk.heal();
                    return outcome;
                },
                answers.note(i)));
        }
        ASSERT_TRUE(world.writer->run_once());
        EXPECT_EQ(runs, 2);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(answers.of[i], i == bad ? "unavailable" : "ok") << i;
            EXPECT_EQ(world.find("T" + std::to_string(i)).has_value(), i != bad);
        }
    }
}

// The same with a disk that fails once: then nobody loses anything.
TEST(Writer, SurvivesADiskThatFailsOnce) {
    LedgerWorld world;
    Answers answers;
    world.writer->submit(make_unit(add(world, "T0"), answers.note(0)));
    world.writer->submit(make_unit(add_large(world, "T1"), answers.note(1)));
    world.writer->submit(make_unit(add(world, "T2"), answers.note(2)));
    world.disk.fail(FaultyDisk::Fault::full, 1, 1);
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(answers.of, (std::vector<std::string>{"ok", "ok", "ok"}));
    world.reopen();
    EXPECT_TRUE(world.find("T0") && world.find("T1") && world.find("T2"));
}

// A writer of two in a batch, with all the time in the world, and one unit in line.
struct Gathering : LedgerWorld {
    Gathering(bool more_to_come, Answers& answers) {
        writer.reset();
        auto connection = store->write_connection();
        EXPECT_TRUE(connection);
        writer = std::make_unique<Writer>(
            *std::move(connection),
            Writer::Options{.gathered = 2, .gather_time = std::chrono::hours(1)}, log.get());
        writer->expect_more([this, more_to_come] {
            looked.set_value();
            return more_to_come;
        });
        writer->submit(make_unit(add(*this, "T0"), answers.note(0)));
        waiting =
            std::async(std::launch::async, [this] { return writer->wait(std::chrono::hours(1)); });
        // Bounded, so that a wait that never ends is a failure and no hang.
        EXPECT_EQ(looked.get_future().wait_for(kLong), std::future_status::ready);
    }
    ~Gathering() { writer->wake(); }

    // True when wait() says that there is work.
    bool ends() { return waiting.wait_for(kLong) == std::future_status::ready && waiting.get(); }

    static constexpr std::chrono::seconds kLong{30};
    std::promise<void> looked;
    std::future<bool> waiting;
};

TEST(Writer, LetsABatchFillWhileThereIsMoreToCome) {
    Answers answers;  // Outlives the writer.
    Gathering world(true, answers);
    EXPECT_NE(world.waiting.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    world.writer->submit(make_unit(add(world, "T1"), answers.note(1)));
    EXPECT_TRUE(world.ends());
    EXPECT_EQ(*world.writer->run_once(), 2U);
    EXPECT_EQ(world.writer->health().commits, 1U);
}

TEST(Writer, LetsNobodyWaitForWhatDoesNotCome) {
    Answers answers;
    Gathering world(false, answers);
    EXPECT_TRUE(world.ends());
    EXPECT_EQ(*world.writer->run_once(), 1U);
}

TEST(Writer, StopsGatheringWhenItIsWoken) {
    Answers answers;
    Gathering world(true, answers);
    world.writer->wake();
    EXPECT_TRUE(world.ends());
}

TEST_P(WriterThreads, CommitsWhatManyThreadsSubmit) {
    EngineWorld world(GetParam());
    std::atomic<bool> stop = false;
    std::thread writing([&] {
        while (!stop || world.writer->health().waiting > 0) {
            if (world.writer->wait(std::chrono::milliseconds(50))) {
                EXPECT_TRUE(world.writer->run_once());
            }
        }
    });
    constexpr int kThreads = 4;
    constexpr int kEach = 50;
    std::atomic<int> done = 0;
    std::vector<std::thread> callers;
    for (int t = 0; t < kThreads; ++t) {
        callers.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                const std::string number = "T" + std::to_string(t) + "_" + std::to_string(i);
                const auto outcome = world.writer->transact(add(world, number));
                EXPECT_TRUE(outcome);
                // What was answered is there for everybody.
                EXPECT_TRUE(world.find(number));
                ++done;
            }
        });
    }
    for (auto& caller : callers) caller.join();
    stop = true;
    world.writer->wake();
    writing.join();
    EXPECT_EQ(done, kThreads * kEach);
    EXPECT_LE(world.writer->health().commits, static_cast<std::uint64_t>(kThreads * kEach));
}

}  // namespace
}  // namespace tollgate::ledger
