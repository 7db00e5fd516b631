// The timer and somebody who asks: about the same payment in the same breath, and many of them.
#include <gtest/gtest.h>

#include "gateway/trade_errands.h"
#include "tests/gateway/alipay_world.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Errands over a real ledger and a pretend Alipay that knows no trade; each step is taken by hand.
class ErrandsWorld : public testing::LedgerWorld {
public:
    ErrandsWorld() { clock.pass(seconds(1)); }  // Calls may be made from then on.

    // A payment that is due now.
    ledger::Payment due(const std::string& number) {
        auto wanted = payment(number);
        wanted.next_sweep_at = clock.now();
        const auto added = run([&](ledger::Books& books) -> Result<Done> {
            TOLLGATE_DO(books.add_payment(wanted, {.fingerprint = "{}"}, origin));
            return Done{};
        });
        EXPECT_TRUE(added);
        return wanted;
    }

    // Works until nothing is under way.
    void settle() {
        while (errands.counters().in_flight > 0) {
            ASSERT_TRUE(writer->run_once());
            errands.run_ready();
            http.run_once(milliseconds(10));
        }
    }

    testing::AlipayWorld alipay;
    transport::CurlClient& http = alipay.http;
    SeededRandom random{1};
    gateway::ClockWatch clock_watch{log.get()};
    gateway::CreatePayment create{*alipay.apps,
                                  {},
                                  {.store = *store,
                                   .writer = *writer,
                                   .alipay = alipay.client,
                                   .clock = clock,
                                   .random = random,
                                   .entropy = entropy,
                                   .log = log.get()}};
    gateway::TradeErrands errands{*alipay.apps,
                                  {},
                                  {.writer = *writer,
                                   .alipay = alipay.client,
                                   .create = create,
                                   .clock_watch = clock_watch,
                                   .clock = clock,
                                   .random = random,
                                   .entropy = entropy,
                                   .log = log.get(),
                                   .wake = [] {}}};
};

// What the visitor comes to, however the two steps of the timer's claim and his own fall.
class Visit : public ::testing::TestWithParam<std::string> {};

TEST_P(Visit, HearsFromAlipayThoughTheTimerWantsThePaymentToo) {
    ErrandsWorld world;
    const auto payment = world.due("T1");
    world.clock.pass(seconds(1));
    int answers = 0;
    for (const char step : GetParam()) {
        if (step == 'w') {
            ASSERT_TRUE(world.writer->run_once());
        }
        if (step == 't') world.errands.run_once(10);
        if (step != 'v') continue;
        world.errands.visit({.payment_id = payment.id, .app = "shop", .request_id = "r1"},
                            [&](const Result<ledger::Payment>& now, bool heard) {
                                EXPECT_TRUE(now && !now->calling_until);
                                EXPECT_TRUE(heard);
                                ++answers;
                            });
    }
    world.settle();
    EXPECT_EQ(answers, 1);
    EXPECT_EQ(world.alipay.alipay.calls().size(), 1U);
    EXPECT_FALSE(world.find("T1")->calling_until) << "nobody would ask until the lease is over";
}

TEST(MereLook, TakesAnAnswerOfTheLastSecondForItsOwn) {
    constexpr auto kEvery = gateway::TradeErrands::kMereLookEvery;
    ErrandsWorld world;
    const std::string id = world.due("T1").id;
    const std::string other = world.due("T2").id;
    EXPECT_FALSE(world.errands.asked_just_now(id));
    world.errands.visit({.payment_id = id, .app = "shop", .request_id = "r1"},
                        [](const Result<ledger::Payment>&, bool) {});
    // What is under way is waited for.
    EXPECT_FALSE(world.errands.asked_just_now(id));
    world.settle();
    EXPECT_TRUE(world.errands.asked_just_now(id));
    EXPECT_FALSE(world.errands.asked_just_now(other));
    world.clock.pass(-kEvery);
    EXPECT_FALSE(world.errands.asked_just_now(id)) << "the clock went back";
    world.clock.pass(kEvery + kEvery - milliseconds(1));
    EXPECT_TRUE(world.errands.asked_just_now(id));
    world.clock.pass(milliseconds(1));
    EXPECT_FALSE(world.errands.asked_just_now(id));
}

// An order system that polls with ?refresh=1 asks as often as it likes; lost notifications must be
// found all the same.
TEST(Schedule, IsNotKeptFromItsWorkByVisits) {
    constexpr int kVisits = 60;  // More than the schedule may have under way, or call for a second.
    ErrandsWorld world;
    for (int i = 0; i < kVisits; ++i) {
        const auto visited = world.added("V" + std::to_string(i));
        world.errands.visit({.payment_id = visited.id, .app = "shop", .request_id = "r1"},
                            [](const Result<ledger::Payment>&, bool) {});
    }
    const auto claimed = [&](const std::string& number) {
        world.errands.run_once(10);
        EXPECT_TRUE(world.writer->run_once());
        return world.find(number)->calling_until.has_value();
    };
    world.due("T1");
    EXPECT_TRUE(claimed("T1")) << "while the visits are under way";
    world.settle();
    EXPECT_EQ(world.alipay.alipay.calls().size(), kVisits + 1U);
    world.due("T2");
    EXPECT_TRUE(claimed("T2")) << "after as many calls";
    world.settle();
}

INSTANTIATE_TEST_SUITE_P(InEveryOrder, Visit, ::testing::Values("v", "tv", "vt", "twv", "vwt"));

}  // namespace
}  // namespace tollgate
