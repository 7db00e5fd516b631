#include "tunnel/relay_store.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate::tunnel {
namespace {

class Store : public ::testing::Test {
protected:
    Store() { open(); }

    void open() {
        store_.reset();
        auto opened = RelayStore::open(file_, RelayStore::Durability::full, {0});
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = *std::move(opened);
        reader_ = *RelayReader::open(file_);
    }
    static StoredEvent event(std::uint64_t id, const std::string& key, std::string body = "body") {
        return {.callback = std::make_shared<Callback>(
                    Callback{.id = id,
                             .received_at = {static_cast<std::int64_t>(id) * 1000},
                             .method = "POST",
                             .target = "/notify?x=" + std::to_string(id),
                             .headers = {{"Host", "h"}, {"X-Empty", ""}, {"X-Empty", ""}},
                             .body = std::move(body)}),
                .tunnel = "alice",
                .key = {.text = key, .strong = true}};
    }
    void add(const StoredEvent& event) { ASSERT_TRUE(store_->add(event)); }
    void answer(std::uint64_t id, int status) {
        ASSERT_TRUE(store_->add_attempt(
            id, {.number = 1, .status = status, .headers = {{"A", "b"}}, .body_start = "success"},
            ExchangeState::answered, 1));
    }
    std::vector<std::uint64_t> listed(const ExchangeFilter& filter, std::uint64_t before = 0) {
        std::vector<std::uint64_t> ids;
        const auto list = reader_->list(before, filter, 100);
        for (const auto& exchange : *list) ids.push_back(exchange.callback.id);
        return ids;
    }

    testing::TempFolder folder_;
    std::string file_ = folder_.file("relay.db");
    std::unique_ptr<RelayStore> store_;
    std::unique_ptr<RelayReader> reader_;
};

TEST_F(Store, GivesBackEveryByte) {
    const std::string body("\0\xFF\r\n\x1F\x8B", 6);
    add(event(7, "k", body));
    const auto read = reader_->callback(7);
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)->body, body);
    EXPECT_EQ((*read)->headers, event(7, "k").callback->headers);
    EXPECT_EQ((*read)->target, "/notify?x=7");
}

TEST_F(Store, RemembersOverARestartWhatWaitsAndWhatIsFinished) {
    add(event(1, "a"));
    add(event(2, "b"));
    answer(2, 200);
    open();
    const auto waiting = store_->waiting();
    ASSERT_TRUE(waiting);
    ASSERT_EQ(waiting->size(), 1U);
    EXPECT_EQ(waiting->front().restored.id, 1U);
    EXPECT_EQ(waiting->front().restored.place, "POST /notify");
    const auto finished = store_->finished_keys(10);
    ASSERT_EQ(finished->size(), 1U);
    EXPECT_EQ(finished->front().key.text, "b");
    EXPECT_EQ(*store_->last_id(), 2U);
}

TEST_F(Store, IsOneProcesss) {
    const auto second = RelayStore::open(file_, RelayStore::Durability::full, {0});
    EXPECT_EQ(second.error().code(), ErrorCode::unavailable);
}

TEST_F(Store, PutsTheNewestSendingInThePlaceOfTheOlderOnes) {
    add(event(1, "a", "old"));
    StoredEvent again = event(1, "a", "new");
    again.sendings = 2;
    ASSERT_TRUE(store_->replace(again));
    const auto exchange = reader_->find(1);
    EXPECT_EQ(exchange->callback.body, "new");
    EXPECT_EQ(exchange->sendings, 2);
    ASSERT_TRUE(store_->replace(event(9, "forgotten meanwhile")));
    EXPECT_TRUE(reader_->find(9));
}

TEST_F(Store, FindsExchangesByWhatTheyHold) {
    add(event(1, "a", "out_trade_no=ORDER-1"));
    add(event(2, "b", "out_trade_no=ORDER-2"));
    add(event(3, "c", "out_trade_no=order-2"));
    answer(2, 500);
    EXPECT_EQ(listed({}), (std::vector<std::uint64_t>{3, 2, 1}));
    EXPECT_EQ(listed({}, 3), (std::vector<std::uint64_t>{2, 1}));
    EXPECT_EQ(listed({.text = "ORDER-2"}), std::vector<std::uint64_t>{2});
    EXPECT_EQ(listed({.text = "x=3"}), std::vector<std::uint64_t>{3});
    EXPECT_EQ(listed({.text = "X-Empty"}).size(), 3U);
    EXPECT_EQ(listed({.state = ExchangeState::answered}), std::vector<std::uint64_t>{2});
    EXPECT_EQ(listed({.status = 500}), std::vector<std::uint64_t>{2});
    EXPECT_EQ(listed({.since = Timestamp{2'500}}), std::vector<std::uint64_t>{3});
    EXPECT_EQ(listed({.tunnel = "bob"}), std::vector<std::uint64_t>{});
    EXPECT_EQ(reader_->find(2)->attempts.at(0).body_start, "success");
    EXPECT_EQ(reader_->find(99).error().code(), ErrorCode::not_found);
}

TEST_F(Store, ForgetsFinishedOnesByAgeAndBySizeAndNoOthers) {
    for (std::uint64_t id = 1; id <= 4; ++id) add(event(id, std::to_string(id)));
    for (std::uint64_t id = 2; id <= 4; ++id) answer(id, 200);
    EXPECT_EQ(*store_->forget("alice", {2'500}, 1'000'000, 100), 1);
    EXPECT_EQ(listed({}), (std::vector<std::uint64_t>{4, 3, 1}));
    EXPECT_EQ(*store_->forget("alice", {0}, bytes_of(*event(4, "").callback), 100), 1);
    EXPECT_EQ(listed({}), (std::vector<std::uint64_t>{4, 1}));
}

}  // namespace
}  // namespace tollgate::tunnel
