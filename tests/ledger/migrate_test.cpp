#include "base/migrate.h"

#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "ledger/migrations.h"
#include "tests/support/fakes.h"

namespace tollgate::ledger {
namespace {

using testing::TempFolder;

constexpr Migration kFirst{.number = 1, .name = "0001_first", .sql = "CREATE TABLE a (x INTEGER);"};
constexpr Migration kSecond{
    .number = 2, .name = "0002_second", .sql = "CREATE TABLE b (x INTEGER);"};

class Migrating : public ::testing::Test {
protected:
    Result<Done> to(const std::vector<Migration>& migrations) {
        auto db = Database::open(file_, Database::Mode::read_write);
        return migrate(*db, migrations, file_, Timestamp{0});
    }
    bool has_table(const std::string& name) const {
        auto db = Database::open(file_, Database::Mode::read_only);
        auto select = db->prepare("SELECT 1 FROM sqlite_schema WHERE name = ?");
        select->bind(1, name);
        return *select->step();
    }

    TempFolder folder_;
    std::string file_ = folder_.file("ledger.db");
};

TEST_F(Migrating, AppliesEachStepOnceAndInOrder) {
    EXPECT_TRUE(to({kFirst}));
    EXPECT_TRUE(to({kFirst, kSecond}));
    EXPECT_TRUE(to({kFirst, kSecond}));
    EXPECT_TRUE(has_table("b"));
}

TEST_F(Migrating, CopiesTheLedgerBeforeItChangesIt) {
    ASSERT_TRUE(to({kFirst}));
    EXPECT_FALSE(std::filesystem::exists(file_ + ".before-0002"));
    ASSERT_TRUE(to({kFirst, kSecond}));
    EXPECT_TRUE(std::filesystem::exists(file_ + ".before-0002"));
}

TEST_F(Migrating, RefusesAnEditedStep) {
    ASSERT_TRUE(to({kFirst}));
    Migration edited = kFirst;
    edited.sql = "CREATE TABLE a (x TEXT);";
    EXPECT_EQ(to({edited}).error().code(), ErrorCode::failed_precondition);
}

TEST_F(Migrating, RefusesALedgerThatIsNewerThanTheProgram) {
    ASSERT_TRUE(to({kFirst, kSecond}));
    EXPECT_EQ(to({kFirst}).error().code(), ErrorCode::failed_precondition);
}

TEST_F(Migrating, LeavesNothingOfAStepThatFails) {
    ASSERT_TRUE(to({kFirst}));
    Migration broken = kSecond;
    broken.sql = "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER);";
    EXPECT_FALSE(to({kFirst, broken}));
    EXPECT_FALSE(has_table("b"));
    EXPECT_TRUE(to({kFirst, kSecond}));
}

TEST_F(Migrating, TheShippedStepsHaveNumbersWithoutGaps) {
    int number = 0;
    for (const Migration& migration : sqlite_migrations()) EXPECT_EQ(migration.number, ++number);
    EXPECT_GE(number, 1);
}

// A longer list is, to SQLite, a table with a page cache of its own, made anew whenever a row is
// written: see 0005_plain_checks.sql.
TEST_F(Migrating, NoShippedRuleListsMoreThanTwoValues) {
    ASSERT_TRUE(to(sqlite_migrations()));
    auto db = Database::open(file_, Database::Mode::read_only);
    auto select = db->prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
    const std::regex list(R"(IN\s*\(([^()]*,){2}[^()]*\))");
    while (*select->step()) {
        EXPECT_FALSE(std::regex_search(select->text(1), list)) << select->text(0);
    }
}

TEST_F(Migrating, TheRulesWithoutListsRefuseWhatTheListsRefused) {
    ASSERT_TRUE(to(sqlite_migrations()));
    auto db = Database::open(file_, Database::Mode::read_write);
    const auto refusal = db->run(
        "INSERT INTO endpoint (endpoint_id, origin, url, status, version, created_ms, updated_ms)"
        " VALUES ('a', 'api', 'http://a/', 'forgotten', 1, 0, 0)");
    ASSERT_FALSE(refusal);
    EXPECT_NE(refusal.error().message().find("CHECK"), std::string::npos);
}

}  // namespace
}  // namespace tollgate::ledger
