#include "tunnel/group_writer.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate::tunnel {
namespace {

class Writer : public ::testing::Test {
protected:
    Writer() {
        store_ = *RelayStore::open(folder_.file("relay.db"), RelayStore::Durability::full, {0});
        writer_ = std::make_unique<GroupWriter>(*store_, log_.get(), [this] { said_ += '.'; });
    }
    GroupWriter::Work work(char name, bool good = true) {
        return [this, name, good](RelayStore&) -> Result<Done> {
            done_ += name;
            if (good) return Done{};
            return Error(ErrorCode::unavailable, "no");
        };
    }
    GroupWriter::Told told(char name) {
        return [this, name](const Result<Done>& outcome) {
            said_ += outcome ? name : static_cast<char>(name - 'a' + 'A');
        };
    }

    testing::TempFolder folder_;
    testing::TestLog log_{system_clock()};
    std::unique_ptr<RelayStore> store_;
    std::string done_;
    std::string said_;
    std::unique_ptr<GroupWriter> writer_;
};

TEST_F(Writer, TellsAllOfABatchAndThenThatItHas) {
    writer_->submit(work('a'), told('a'));
    writer_->submit(work('b'), told('b'));
    ASSERT_TRUE(writer_->wait(std::chrono::seconds(30)));
    EXPECT_EQ(*writer_->run_once(), 2U);
    EXPECT_EQ(said_, "ab.");
    EXPECT_EQ(writer_->health().commits, 1U);
}

TEST_F(Writer, LetsTheUnhurriedShareTheNextCommitInOrder) {
    writer_->submit_unhurried(work('a'), told('a'));
    writer_->submit(work('b'), told('b'));
    const auto began = system_clock().monotonic();
    ASSERT_TRUE(writer_->wait(std::chrono::seconds(30)));
    EXPECT_LT(system_clock().monotonic() - began, std::chrono::seconds(20)) << "nobody waits";
    EXPECT_EQ(*writer_->run_once(), 2U);
    EXPECT_EQ(done_, "ab");
    EXPECT_EQ(writer_->health().commits, 1U);
}

TEST_F(Writer, WritesTheUnhurriedByThemselvesAfterAMoment) {
    writer_->submit_unhurried(work('a'), told('a'));
    const auto began = system_clock().monotonic();
    ASSERT_TRUE(writer_->wait(std::chrono::seconds(30)));
    EXPECT_GE(system_clock().monotonic() - began, GroupWriter::kUnhurried);
    EXPECT_EQ(*writer_->run_once(), 1U);
    EXPECT_EQ(said_, "a.");
    EXPECT_EQ(writer_->health().waiting, 0U);
}

TEST_F(Writer, LetsABadOneTakeNoneAlong) {
    writer_->submit_unhurried(work('a'), told('a'));
    writer_->submit(work('b', false), told('b'));
    writer_->submit(work('c'), told('c'));
    ASSERT_TRUE(writer_->wait(std::chrono::seconds(30)));
    EXPECT_EQ(*writer_->run_once(), 3U);
    EXPECT_EQ(said_, "aBc.");
    writer_->close();
    writer_->submit_unhurried(work('d'), told('d'));
    EXPECT_EQ(said_, "aBc.D");
}

}  // namespace
}  // namespace tollgate::tunnel
