// When a refund is proved, one way or the other.
#include "ledger/refund_proof.h"

#include <gtest/gtest.h>

namespace tollgate::ledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A refund that inputs happen to.
class Story {
public:
    Story& then(RefundInput input, milliseconds after = milliseconds(0)) {
        now = now + after;
        const auto step = decide(refund, input, now);
        refund.status = step.status;
        refund.proof = step.proof;
        refund.next_sweep_at = step.next_at;
        return *this;
    }
    // A call that leaves and comes back with this.
    Story& call(RefundInput input, milliseconds after = milliseconds(0)) {
        return then(RefundInput::call_leaves, after).then(input);
    }
    // Lets the time of what is due next come.
    Story& wait() {
        now = std::max(now, refund.next_sweep_at.value_or(now));
        return *this;
    }

    Refund refund;
    Timestamp now{1'794'326'400'000};
};

TEST(RefundProof, SucceedsOnlyWhenMoneyMovedOrAQueryFindsIt) {
    EXPECT_EQ(Story().call(RefundInput::moved).refund.status, RefundStatus::succeeded);
    EXPECT_EQ(Story().call(RefundInput::not_moved).refund.status, RefundStatus::processing);
    EXPECT_EQ(Story().call(RefundInput::ambiguous).refund.status, RefundStatus::unknown);
    EXPECT_EQ(Story()
                  .call(RefundInput::not_moved)
                  .then(RefundInput::query_found, seconds(10))
                  .refund.status,
              RefundStatus::succeeded);
}

TEST(RefundProof, FailsAtOnceWhenNothingWasEverInDoubt) {
    EXPECT_EQ(Story().call(RefundInput::refused).refund.status, RefundStatus::failed);
    EXPECT_EQ(Story().call(RefundInput::not_sent).call(RefundInput::refused).refund.status,
              RefundStatus::failed);
}

TEST(RefundProof, NeverFailsByARefusalAloneOnceInDoubt) {
    for (const RefundInput doubt : {RefundInput::ambiguous, RefundInput::not_moved,
                                    RefundInput::other_amount, RefundInput::not_now}) {
        Story story;
        story.call(doubt);
        for (int i = 0; i < 10; ++i) {
            story.call(RefundInput::refused, minutes(20));
            ASSERT_TRUE(is_live(story.refund.status)) << name_of(doubt);
        }
    }
}

TEST(RefundProof, FailsAfterTwoEmptyQueriesTenMinutesApartAndARefusalOfALaterCall) {
    Story story;
    story.call(RefundInput::ambiguous);
    EXPECT_TRUE(story.refund.proof.query_next);
    story.wait().then(RefundInput::query_empty);
    EXPECT_FALSE(story.refund.proof.query_next);  // The same call again.
    story.call(RefundInput::refused);
    EXPECT_EQ(story.refund.status, RefundStatus::unknown);
    story.wait();
    EXPECT_GE(story.now - *story.refund.proof.first_empty_at, minutes(10));
    story.then(RefundInput::query_empty);
    EXPECT_EQ(story.refund.status, RefundStatus::unknown);  // Two queries alone are no proof.
    story.call(RefundInput::refused);
    EXPECT_EQ(story.refund.status, RefundStatus::failed);
}

TEST(RefundProof, DoesNotCountQueriesThatComeTooSoon) {
    Story story;
    story.call(RefundInput::ambiguous);
    story.then(RefundInput::query_empty, seconds(9));
    EXPECT_EQ(story.refund.proof.empty_queries, 0);
    story.then(RefundInput::query_empty, seconds(1));
    EXPECT_EQ(story.refund.proof.empty_queries, 1);
    story.then(RefundInput::query_empty, minutes(9));
    EXPECT_EQ(story.refund.proof.empty_queries, 1);
}

TEST(RefundProof, BeginsAnewWithEveryDoubt) {
    Story story;
    story.call(RefundInput::ambiguous).wait().then(RefundInput::query_empty);
    story.call(RefundInput::refused).wait().then(RefundInput::query_empty);
    story.call(RefundInput::ambiguous);  // The repeat was lost as well.
    EXPECT_EQ(story.refund.proof.empty_queries, 0);
    story.call(RefundInput::refused, minutes(1));
    EXPECT_EQ(story.refund.status, RefundStatus::unknown);
}

TEST(RefundProof, StaysAsItEnded) {
    for (const RefundInput end : {RefundInput::moved, RefundInput::refused}) {
        const Story ended = Story().call(end);
        for (const RefundInput input : kRefundInputs) {
            if (input == RefundInput::requested_again) continue;
            const auto step = decide(ended.refund, input, ended.now);
            EXPECT_EQ(step.status, ended.refund.status) << name_of(input);
            EXPECT_FALSE(step.next_at);
        }
    }
}

TEST(RefundProof, IsRequestedAgainOnlyAfterAFailure) {
    Story failed;
    failed.call(RefundInput::refused).then(RefundInput::requested_again);
    EXPECT_EQ(failed.refund.status, RefundStatus::requested);
    EXPECT_FALSE(failed.refund.proof.ambiguous);
    EXPECT_EQ(Story().call(RefundInput::ambiguous).then(RefundInput::requested_again).refund.status,
              RefundStatus::unknown);
    EXPECT_EQ(Story().call(RefundInput::moved).then(RefundInput::requested_again).refund.status,
              RefundStatus::succeeded);
}

TEST(RefundProof, NeverLeavesAnOpenOneWithoutANextLook) {
    // Every story of up to four inputs.
    constexpr std::size_t kInputs = kRefundInputs.size();
    for (std::size_t code = 0; code < kInputs * kInputs * kInputs * kInputs; ++code) {
        Story story;
        story.refund.next_sweep_at = story.now;
        for (std::size_t rest = code, i = 0; i < 4; ++i, rest /= kInputs) {
            story.then(kRefundInputs[rest % kInputs], seconds(11));
        }
        const bool over = story.refund.status == RefundStatus::succeeded ||
                          story.refund.status == RefundStatus::failed;
        ASSERT_TRUE(over || story.refund.next_sweep_at) << code;
    }
}

}  // namespace
}  // namespace tollgate::ledger
