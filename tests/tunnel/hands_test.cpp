#include "tunnel/hands.h"

#include <gtest/gtest.h>

namespace tollgate::tunnel {
namespace {

using Taken = Hands::Taken;

HandOut out(std::uint64_t id, int round = 1, int attempt = 1) {
    return {.callback = {.id = id}, .attempt = attempt, .round = round};
}

TEST(Hands, GivesTheAppACallbackOnce) {
    Hands hands;
    EXPECT_EQ(hands.take(out(1)), Taken::execute);
    EXPECT_EQ(hands.take(out(1, 1, 2)), Taken::running);
    EXPECT_EQ(hands.running(), 1U);
}

TEST(Hands, AnswersFromMemoryWhatIsHandedOutAgain) {
    Hands hands;
    hands.take(out(1));
    hands.done({.id = 1, .status = 200, .body = "success"});
    auto answers = hands.take_ready(1'000'000);
    ASSERT_EQ(answers.size(), 1U);
    hands.brought(answers);
    EXPECT_TRUE(hands.ids().empty());
    EXPECT_EQ(hands.take(out(1, 1, 2)), Taken::remembered);
    EXPECT_EQ(hands.running(), 0U);
    answers = hands.take_ready(1'000'000);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].body, "success");
    EXPECT_EQ(answers[0].attempt, 2);
}

TEST(Hands, ExecutesAnotherRoundAgain) {
    Hands hands;
    hands.take(out(1));
    hands.done({.id = 1, .status = 500});
    hands.brought(hands.take_ready(1'000'000));
    EXPECT_EQ(hands.take(out(1, 2)), Taken::execute);
}

TEST(Hands, RemembersNoFailure) {
    Hands hands;
    hands.take(out(1));
    hands.done({.id = 1, .failure = AppFailure::down});
    hands.brought(hands.take_ready(1'000'000));
    EXPECT_EQ(hands.take(out(1, 1, 2)), Taken::execute);
}

// The poll that brings an answer returns much later than the relay has read it.
TEST(Hands, TakesWhatIsHandedOutAgainBeforeItKnowsThatTheAnswerArrived) {
    Hands hands;
    hands.take(out(1));
    hands.done({.id = 1, .failure = AppFailure::down});
    const auto answers = hands.take_ready(1'000'000);
    EXPECT_EQ(hands.take(out(1, 1, 2)), Taken::execute);
    EXPECT_EQ(hands.running(), 1U);
    hands.brought(answers);
    EXPECT_EQ(hands.ids(), std::vector<std::uint64_t>{1}) << "the second try is still running";
}

TEST(Hands, HoldsUntilTheRelayHasTheAnswer) {
    Hands hands;
    hands.take(out(1));
    hands.done({.id = 1, .status = 200});
    auto answers = hands.take_ready(1'000'000);
    EXPECT_FALSE(hands.has_ready());
    EXPECT_EQ(hands.ids(), std::vector<std::uint64_t>{1});
    hands.not_brought(std::move(answers));
    EXPECT_TRUE(hands.has_ready());
    EXPECT_EQ(hands.take_ready(1'000'000).size(), 1U);
}

TEST(Hands, BringsAtLeastOneHoweverLargeItIs) {
    Hands hands;
    for (std::uint64_t id : {1U, 2U}) {
        hands.take(out(id));
        hands.done({.id = id, .status = 200, .body = std::string(5000, 'x')});
    }
    EXPECT_EQ(hands.take_ready(10).size(), 1U);
    EXPECT_EQ(hands.take_ready(10).size(), 1U);
}

TEST(AnswerMemory, ForgetsTheOldestOfTenThousand) {
    AnswerMemory memory;
    for (std::uint64_t id = 0; id <= AnswerMemory::kAnswersMax; ++id) memory.put({.id = id});
    EXPECT_FALSE(memory.find(0, 1));
    EXPECT_TRUE(memory.find(1, 1));
    EXPECT_TRUE(memory.find(AnswerMemory::kAnswersMax, 1));
}

TEST(AnswerMemory, HasABoundInBytes) {
    AnswerMemory memory;
    const std::string large(AnswerMemory::kBytesMax / 4, 'x');
    for (std::uint64_t id = 1; id <= 5; ++id) memory.put({.id = id, .body = large});
    EXPECT_FALSE(memory.find(1, 1));
    EXPECT_TRUE(memory.find(5, 1));
}

}  // namespace
}  // namespace tollgate::tunnel
