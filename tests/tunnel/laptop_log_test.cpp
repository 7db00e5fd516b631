#include "tunnel/laptop_log.h"

#include <gtest/gtest.h>

namespace tollgate::tunnel {
namespace {

HandOut handed(std::uint64_t id, std::string body = "b", std::int64_t received_ms = 1) {
    return {.callback = {.id = id,
                         .received_at = {received_ms},
                         .method = "POST",
                         .target = "/n",
                         .body = std::move(body)}};
}

AppAnswer answer(std::uint64_t id, int attempt) {
    return {.id = id, .attempt = attempt, .failure = AppFailure::down, .error = "refused"};
}

class Log : public ::testing::Test {
protected:
    std::vector<std::uint64_t> ids(const ExchangeFilter& filter = {}) {
        std::vector<std::uint64_t> found;
        const auto list = log_.list(0, filter, 10'000);
        for (const auto& exchange : *list) found.push_back(exchange.callback.id);
        return found;
    }
    LaptopLog log_{[](Callback, const Replay&) -> Result<std::uint64_t> { return 1U; }};
};

TEST_F(Log, ForgetsTheOldestByCountAndByBytes) {
    for (std::uint64_t id = 1; id <= LaptopLog::kExchangesMax + 5; ++id) {
        log_.note(handed(id), {9}, std::nullopt);
    }
    EXPECT_EQ(ids().size(), LaptopLog::kExchangesMax);
    EXPECT_EQ(ids().back(), 6U);
    constexpr std::size_t kLarge = LaptopLog::kBytesMax / 4;
    for (std::uint64_t id = 9'001; id <= 9'006; ++id) {
        log_.note(handed(id, std::string(kLarge, 'x')), {9}, std::nullopt);
    }
    EXPECT_EQ(ids(), (std::vector<std::uint64_t>{9'006, 9'005, 9'004}));
}

TEST_F(Log, KeepsEarlierSendingsToCompareWith) {
    log_.note(handed(1, "first", 100), {100}, std::nullopt);
    log_.note(handed(1, "first", 100), {200}, std::nullopt);  // Handed out again: the same sending.
    EXPECT_TRUE(log_.find(1)->earlier.empty());
    for (int i = 1; i <= 20; ++i) {
        log_.note(handed(1, "sending " + std::to_string(i), 1'000 + i), {2'000}, std::nullopt);
    }
    const auto exchange = log_.find(1);
    EXPECT_EQ(exchange->earlier.size(), kEarlierMax);
    EXPECT_EQ(exchange->earlier.back().body, "sending 19");
    EXPECT_EQ(exchange->callback.body, "sending 20");
}

TEST_F(Log, BoundsTheAttemptsOfOne) {
    log_.note(handed(1), {9}, std::nullopt);
    for (int i = 1; i <= 70; ++i) log_.note(answer(1, i));
    const auto exchange = log_.find(1);
    EXPECT_EQ(exchange->attempts.size(), kAttemptsShownMax);
    EXPECT_EQ(exchange->attempts.back().number, 70);
}

TEST_F(Log, FindsByTextAsItIsOrAsAFormSpellsIt) {
    log_.note(handed(1, "subject=%E8%8C%B6"), {9}, std::nullopt);
    log_.note(handed(2, "{\"subject\":\"茶\"}"), {9}, std::nullopt);
    log_.note(handed(3, "other"), {9}, std::nullopt);
    EXPECT_EQ(ids({.text = "茶", .text_encoded = "%E8%8C%B6"}), (std::vector<std::uint64_t>{2, 1}));
    EXPECT_EQ(ids({.text = "other"}), (std::vector<std::uint64_t>{3}));
}

}  // namespace
}  // namespace tollgate::tunnel
