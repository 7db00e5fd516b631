#include "tunnel/event_queue.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using Kind = EventQueue::Arrived::Kind;
using Ids = std::vector<std::uint64_t>;

constexpr std::uint64_t kLaptop = 77;

class Queue : public ::testing::Test {
protected:
    Moment now() { return {.wall = clock_.now(), .since = clock_.monotonic()}; }
    void pass(milliseconds time) { clock_.pass(time); }
    void laptop(Wishes wishes = {}) { dropped_ = queue_.hear(kLaptop, wishes, now()); }

    EventQueue::Arrived come(std::uint64_t id, const std::string& key, bool strong = true) {
        return queue_.arrive({.id = id,
                              .key = {.text = key, .strong = strong},
                              .place = "POST /notify",
                              .bytes = 1000},
                             now());
    }
    // One that is durable, and whose sender has given up.
    void kept(std::uint64_t id, const std::string& key) {
        come(id, key);
        queue_.written(id);
        static_cast<void>(queue_.tick(now()));
    }
    Ids take(std::size_t limit = 10, std::uint64_t session = kLaptop) {
        Ids ids;
        for (const auto& due : queue_.take(session, limit, now())) ids.push_back(due.id);
        return ids;
    }
    EventQueue::Answered answer(std::uint64_t id, int status = 200, int round = 1) {
        return queue_.answer({.id = id, .round = round, .status = status}, now());
    }
    EventQueue::Answered app_down(std::uint64_t id) {
        return queue_.answer({.id = id, .failure = AppFailure::down}, now());
    }

    testing::HandClock clock_;
    EventQueue queue_{{.kept_bytes_max = 10'000}};
    Ids dropped_;
};

TEST_F(Queue, HandsOutNothingBeforeItIsDurable) {
    laptop();
    come(1, "a");
    EXPECT_EQ(take(), Ids{});
    queue_.written(1);
    EXPECT_EQ(take(), Ids{1});
    EXPECT_EQ(take(), Ids{});
}

TEST_F(Queue, ForgetsWhatCouldNotBeWritten) {
    laptop();
    come(1, "a");
    queue_.not_written(1);
    EXPECT_EQ(queue_.state_of(1), std::nullopt);
    EXPECT_EQ(queue_.bytes(), 0);
    EXPECT_EQ(come(2, "a").kind, Kind::fresh);
}

TEST_F(Queue, PutsBackWhatADeadClientTook) {
    laptop();
    come(1, "a");
    queue_.written(1);
    ASSERT_EQ(take(), Ids{1});
    pass(milliseconds(1'500));
    EXPECT_EQ(queue_.tick(now()).put_back, 0U);
    pass(milliseconds(1));
    EXPECT_EQ(queue_.tick(now()).put_back, 1U);
    const auto due = queue_.take(kLaptop, 1, now());
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].attempt, 2);
    EXPECT_EQ(due[0].round, 1);
}

TEST_F(Queue, LeavesWhatIsHeldInHand) {
    laptop();
    come(1, "a");
    queue_.written(1);
    take();
    for (int beat = 0; beat < 5; ++beat) {
        pass(milliseconds(1'000));
        queue_.confirm(kLaptop, {1}, now());
        EXPECT_EQ(queue_.tick(now()).put_back, 0U);
    }
    EXPECT_EQ(queue_.state_of(1), EventState::in_hand);
}

TEST_F(Queue, TakesNoOtherSessionsWordForWhatIsInHand) {
    laptop();
    come(1, "a");
    queue_.written(1);
    take();
    pass(milliseconds(1'400));
    queue_.confirm(kLaptop + 1, {1}, now());
    pass(milliseconds(200));
    EXPECT_EQ(queue_.tick(now()).put_back, 1U);
}

TEST_F(Queue, TellsOfflineAtOnceWithoutALaptop) {
    come(1, "a");
    queue_.written(1);
    EXPECT_EQ(queue_.tick(now()).offline, Ids{1});
    EXPECT_FALSE(queue_.waits(1));
    EXPECT_EQ(queue_.kept(), 1U);
}

TEST_F(Queue, TellsSlowAfterTheWaitAndKeepsIt) {
    laptop();
    come(1, "a");
    queue_.written(1);
    take();
    for (int beat = 0; beat < 8; ++beat) {
        EXPECT_EQ(queue_.tick(now()).slow, Ids{});
        pass(milliseconds(1'000));
        laptop();
        queue_.confirm(kLaptop, {1}, now());
    }
    EXPECT_EQ(queue_.tick(now()).slow, Ids{1});
    EXPECT_EQ(queue_.state_of(1), EventState::in_hand);
    EXPECT_TRUE(answer(1).finished);
}

TEST_F(Queue, IsOfflineFiveSecondsAfterTheLastWord) {
    laptop();
    pass(milliseconds(5'000));
    EXPECT_TRUE(queue_.online(now()));
    EXPECT_FALSE(queue_.lively(kLaptop, now()));
    pass(milliseconds(1));
    EXPECT_FALSE(queue_.online(now()));
}

TEST_F(Queue, DrainsOldestFirstAtTheWishedRateAndLiveOnesAtOnce) {
    for (std::uint64_t id = 1; id <= 4; ++id) kept(id, "k" + std::to_string(id));
    laptop({.drain_per_second = 10});
    EXPECT_EQ(take(), Ids{1});
    EXPECT_EQ(take(), Ids{});
    come(9, "live");
    queue_.written(9);
    EXPECT_EQ(take(), Ids{9});
    EXPECT_EQ(queue_.next_due(now(), true), now().since + milliseconds(100));
    pass(milliseconds(100));
    EXPECT_EQ(take(), Ids{2});
    pass(milliseconds(99));
    EXPECT_EQ(take(), Ids{});
    pass(milliseconds(1));
    EXPECT_EQ(take(), Ids{3});
}

TEST_F(Queue, HoldsKeptOnesBackOnlyWhenAsked) {
    kept(1, "a");
    laptop({.hold = true});
    EXPECT_EQ(take(), Ids{});
    come(2, "b");
    queue_.written(2);
    EXPECT_EQ(take(), Ids{2});
    laptop();
    EXPECT_EQ(take(), Ids{1});
}

TEST_F(Queue, AReSendReplacesTheKeptOneUnderItsId) {
    kept(1, "notify");
    const auto again = come(2, "notify");
    EXPECT_EQ(again.kind, Kind::replaces);
    EXPECT_EQ(again.id, 1U);
    EXPECT_EQ(again.sendings, 2);
    EXPECT_EQ(queue_.state_of(2), std::nullopt);
    laptop();
    queue_.written(1);
    EXPECT_EQ(take(), Ids{1});
    EXPECT_TRUE(answer(1).was_waiting);
}

TEST_F(Queue, AReSendJoinsWhatIsOnItsWay) {
    laptop();
    come(1, "notify");
    queue_.written(1);
    take();
    const auto again = come(2, "notify");
    EXPECT_EQ(again.kind, Kind::joins);
    EXPECT_EQ(again.id, 1U);
    EXPECT_EQ(take(), Ids{});
    EXPECT_TRUE(answer(1).finished);
}

TEST_F(Queue, AReSendOfAnAnsweredOneKeepsItsIdAndReachesTheAppAgain) {
    laptop();
    come(1, "notify");
    queue_.written(1);
    take();
    answer(1, 500);
    const auto again = come(2, "notify");
    EXPECT_EQ(again.kind, Kind::replaces);
    EXPECT_EQ(again.id, 1U);
    EXPECT_EQ(again.round, 2);
    queue_.written(1);
    EXPECT_EQ(take(), Ids{1});
    EXPECT_FALSE(answer(1, 200, 1).known) << "an answer to the first round came late";
    EXPECT_TRUE(answer(1, 200, 2).finished);
}

TEST_F(Queue, TwoThatOnlyLookAlikeStayTwoWhileSomebodyListensForBoth) {
    laptop();
    EXPECT_EQ(come(1, "hash", false).kind, Kind::fresh);
    EXPECT_EQ(come(2, "hash", false).kind, Kind::fresh);
    queue_.written(1);
    queue_.written(2);
    EXPECT_EQ(take(), (Ids{1, 2}));
    answer(1);
    EXPECT_EQ(come(3, "hash", false).kind, Kind::fresh);
}

TEST_F(Queue, TheSameBytesReplaceAKeptOne) {
    come(1, "hash", false);
    queue_.written(1);
    static_cast<void>(queue_.tick(now()));
    EXPECT_EQ(come(2, "hash", false).id, 1U);
}

TEST_F(Queue, TriesAgainLaterWhenTheAppIsDown) {
    laptop();
    come(1, "a");
    queue_.written(1);
    take();
    const auto answered = app_down(1);
    EXPECT_TRUE(answered.was_waiting);
    EXPECT_FALSE(answered.finished);
    EXPECT_EQ(take(), Ids{});
    pass(milliseconds(999));
    laptop();
    EXPECT_EQ(take(), Ids{});
    pass(milliseconds(1));
    EXPECT_EQ(take(), Ids{1});
    EXPECT_EQ(EventQueue::retry_wait(3), milliseconds(5'000));
    EXPECT_EQ(EventQueue::retry_wait(99), milliseconds(60'000));
}

TEST_F(Queue, AReSendDoesNotWaitOutOurOwnLadder) {
    laptop();
    come(1, "a");
    queue_.written(1);
    take();
    app_down(1);
    come(2, "a");
    queue_.written(1);
    EXPECT_EQ(take(), Ids{1});
}

TEST_F(Queue, GoesOnUntilTheAppSaysSuccessWhenTheTunnelAccepted) {
    EventQueue owned({.owned = true});
    owned.arrive({.id = 1, .key = {.text = "a", .strong = true}, .bytes = 1}, now());
    owned.written(1);
    EXPECT_EQ(owned.tick(now()).offline, Ids{1});
    owned.hear(kLaptop, {}, now());
    ASSERT_EQ(owned.take(kLaptop, 1, now()).size(), 1U);
    EXPECT_FALSE(owned.answer({.id = 1, .status = 500}, now()).finished);
    pass(milliseconds(1'000));
    const auto due = owned.take(kLaptop, 1, now());
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].round, 2) << "the client must not answer from memory";
    EXPECT_TRUE(owned.answer({.id = 1, .round = 2, .status = 204}, now()).finished);
}

TEST_F(Queue, DropsAPageThatNobodyReadsAnyMore) {
    laptop();
    queue_.arrive({.id = 1, .key = {.text = "get"}, .bytes = 1, .keep = false}, now());
    queue_.written(1);
    take();
    pass(milliseconds(8'001));
    laptop();
    const auto ticked = queue_.tick(now());
    EXPECT_EQ(ticked.dropped, Ids{1});
    EXPECT_EQ(queue_.state_of(1), std::nullopt);
}

TEST_F(Queue, RefusesWhatDoesNotFit) {
    for (std::uint64_t id = 1; id <= 10; ++id) kept(id, "k" + std::to_string(id));
    EXPECT_EQ(come(11, "new").kind, Kind::full);
    EXPECT_EQ(come(12, "k3").kind, Kind::replaces);
    laptop();
    EXPECT_EQ(take(1), Ids{1});
    answer(1);
    EXPECT_EQ(come(13, "new").kind, Kind::fresh);
}

TEST_F(Queue, DropsWhatHasWaitedForDays) {
    kept(1, "a");
    pass(std::chrono::hours(72));
    kept(2, "b");
    EXPECT_EQ(queue_.tick(now()).dropped, Ids{});
    pass(milliseconds(1));
    EXPECT_EQ(queue_.tick(now()).dropped, Ids{1});
    EXPECT_EQ(queue_.kept(), 1U);
}

TEST_F(Queue, DropsOnceWhatTheClientDoesNotWant) {
    kept(1, "old");
    pass(milliseconds(60'000));
    kept(2, "new");
    pass(milliseconds(10'000));
    laptop({.since = milliseconds(30'000), .running = milliseconds(1'000)});
    EXPECT_EQ(dropped_, Ids{1});
    kept(3, "newer");
    laptop({.only_latest = true});
    EXPECT_EQ(dropped_, Ids{}) << "asked when the session began, and not again";
}

TEST_F(Queue, KeepsOnlyTheLatestOfWhatCameBeforeTheClientBegan) {
    kept(1, "a");
    kept(2, "b");
    pass(milliseconds(5'000));
    kept(3, "c");
    laptop({.only_latest = true, .running = milliseconds(2'000)});
    EXPECT_EQ(dropped_, Ids{1});
}

TEST_F(Queue, GoesOnWhereTheStoreLeftOff) {
    queue_.restore({.id = 5,
                    .key = {.text = "a", .strong = true},
                    .bytes = 10,
                    .first_received_at = clock_.now(),
                    .attempts = 2,
                    .sendings = 3});
    queue_.restore_finished({.text = "b", .strong = true}, 4, 2, 2);
    EXPECT_EQ(come(8, "a").sendings, 4);
    const auto again = come(9, "b");
    EXPECT_EQ(again.id, 4U);
    EXPECT_EQ(again.round, 3);
    laptop();
    queue_.written(5);
    const auto due = queue_.take(kLaptop, 1, now());
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].attempt, 3);
}

TEST(TokenBucket, GivesTheBurstAndThenTheRate) {
    TokenBucket bucket(10, 3);
    const std::chrono::nanoseconds start = std::chrono::hours(1);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(start));
    EXPECT_FALSE(bucket.take(start));
    EXPECT_FALSE(bucket.take(start + milliseconds(99)));
    EXPECT_TRUE(bucket.take(start + milliseconds(100)));
    EXPECT_FALSE(bucket.take(start + milliseconds(100)));
}

}  // namespace
}  // namespace tollgate::tunnel
