#include "tunnel/desk.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate::tunnel {
namespace {

StoredEvent answered_long_ago(std::uint64_t id) {
    return {.callback = std::make_shared<Callback>(Callback{
                .id = id, .received_at = {0}, .method = "POST", .target = "/n", .body = "x"}),
            .tunnel = "alice",
            .key = {.text = std::to_string(id), .strong = true}};
}

// One step after the other, so that callbacks are written in between.
TEST(Desk, ForgetsInStepsUntilNothingIsLeftToForget) {
    constexpr std::uint64_t kEvents = 4'500;
    const testing::TempFolder folder;
    const std::string file = folder.file("relay.db");
    testing::HandClock clock;
    testing::TestLog log(clock);
    const auto store = *RelayStore::open(file, RelayStore::Durability::off, clock.now());
    ASSERT_TRUE(store->begin());
    for (std::uint64_t id = 1; id <= kEvents; ++id) {
        ASSERT_TRUE(store->add(answered_long_ago(id)));
        ASSERT_TRUE(
            store->add_attempt(id, {.number = 1, .status = 200}, ExchangeState::answered, 1));
    }
    ASSERT_TRUE(store->commit());
    const auto reader = *RelayReader::open(file);
    GroupWriter writer(*store, log.get());
    EventIds ids(kEvents);
    Desk desk({.name = "alice"}, {.clock = clock,
                                  .log = log.get(),
                                  .writer = writer,
                                  .reader = *reader,
                                  .ids = ids,
                                  .on_change = [] {}});
    desk.forget();
    desk.forget();  // A step is in line already.
    int steps = 0;
    for (; writer.health().waiting > 0; ++steps) EXPECT_EQ(*writer.run_once(), 1U);
    EXPECT_EQ(steps, 3);
    EXPECT_TRUE(reader->list(0, {}, 10)->empty());
}

}  // namespace
}  // namespace tollgate::tunnel
