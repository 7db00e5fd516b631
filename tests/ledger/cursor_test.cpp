// The events' cursor: whoever has read up to a number has seen everything below it.
#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using testing::EngineWorld;

class Cursor : public testing::EveryEngine {
protected:
    // Puts a unit in line that writes an event, and fails afterwards when it is told to.
    void submit(const std::string& id, bool fails = false) {
        world_.writer->submit(make_unit(
            [this, id, fails](Books& books) -> Result<Done> {
                TOLLGATE_DO(books.add_event({.id = id,
                                             .app = "shop",
                                             .type = "payment.paid",
                                             .payload = "{}",
                                             .created_at = world_.clock.now()}));
                if (fails) return Error(ErrorCode::conflict, "after all not");
                return Done{};
            },
            [](const Result<Done>& /*told_by_the_cursor*/) {}));
    }
    // In line as well: what is published then is what the units before it have written.
    void submit_publishing(int limit = 100) {
        world_.writer->submit(make_unit(
            [limit](Books& books) -> Result<Done> {
                TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(limit));
                return books.outbox().publish(events);
            },
            [](const Result<Done>& published) { EXPECT_TRUE(published); }));
    }
    void commit() { ASSERT_TRUE(world_.writer->run_once()); }

    // What a consumer finds who goes on from where he was; checks that he never goes back.
    std::vector<std::string> poll() {
        auto reading = world_.store->read();
        EXPECT_TRUE(reading);
        const auto events = (*reading)->outbox().events({.apps = {"shop"}, .after = after_});
        EXPECT_TRUE(events);
        std::vector<std::string> ids;
        for (const auto& event : *events) {
            EXPECT_GT(event.publication.value_or(0), after_);
            after_ = event.publication.value_or(after_);
            ids.push_back(event.id);
        }
        return ids;
    }

    EngineWorld world_{GetParam()};
    std::int64_t after_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, Cursor, testing::every_engine(), testing::engine_name);

using Ids = std::vector<std::string>;

TEST_P(Cursor, ShowsNothingBeforeItIsPublishedAndNothingTwice) {
    submit("evt_a");
    commit();
    EXPECT_EQ(poll(), Ids{});
    submit_publishing();
    commit();
    EXPECT_EQ(poll(), Ids{"evt_a"});
    EXPECT_EQ(poll(), Ids{});
}

// Units that overlap: one is in line behind the publishing, and commits in the same batch.
TEST_P(Cursor, AnEventThatIsCommittedLaterNeverGetsALowerNumber) {
    submit("evt_a");
    submit_publishing();
    submit("evt_b");
    submit("evt_c", true);  // Undone: its number is nobody's, or another's later.
    commit();
    EXPECT_EQ(poll(), Ids{"evt_a"});
    submit("evt_d");
    submit_publishing();
    commit();
    EXPECT_EQ(poll(), (Ids{"evt_b", "evt_d"}));
    submit("evt_e", true);
    submit_publishing();
    submit("evt_f");
    commit();
    EXPECT_EQ(poll(), Ids{});
    submit_publishing();
    commit();
    EXPECT_EQ(poll(), Ids{"evt_f"});
}

TEST_P(Cursor, PublishingInStepsKeepsTheOrder) {
    for (const char* id : {"evt_a", "evt_b", "evt_c"}) submit(id);
    submit_publishing(2);
    commit();
    EXPECT_EQ(poll(), (Ids{"evt_a", "evt_b"}));
    submit_publishing(2);
    commit();
    EXPECT_EQ(poll(), Ids{"evt_c"});
}

TEST_P(Cursor, OutlastsACrash) {
    submit("evt_a");
    submit_publishing();
    submit("evt_b");
    commit();
    EXPECT_EQ(poll(), Ids{"evt_a"});
    world_.reopen();
    submit("evt_c");
    submit_publishing();
    commit();
    EXPECT_EQ(poll(), (Ids{"evt_b", "evt_c"}));
}

}  // namespace
}  // namespace tollgate::ledger
