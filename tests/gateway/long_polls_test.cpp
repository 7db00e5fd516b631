// Who waits for events, with a ledger of its own and tickets that are answered into a list.
#include "gateway/long_polls.h"

#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/ledger/ledger_world.h"

namespace tollgate::gateway {
namespace {

using testing::LedgerWorld;

class Answers final : public transport::TicketOffice {
public:
    void complete(std::uint64_t ticket, transport::ServerResponse response) override {
        by_ticket[ticket] = std::move(response);
    }
    std::map<std::uint64_t, transport::ServerResponse> by_ticket;
};

class LongPolling : public ::testing::Test {
protected:
    // The ticket of a caller who waits for ten seconds.
    std::uint64_t wait(const std::string& caller, ledger::EventQuery query = {.apps = {"shop"}}) {
        const std::uint64_t ticket = ++tickets_;
        polls_.wait({.query = std::move(query),
                     .caller = caller,
                     .request_id = "req",
                     .until = world_.clock.monotonic() + std::chrono::seconds(10),
                     .seen = polls_.publishings(),
                     .ticket = transport::Ticket(answers_, ticket)});
        return ticket;
    }
    bool is_answered(std::uint64_t ticket) const { return answers_->by_ticket.contains(ticket); }
    int status_of(std::uint64_t ticket) const { return answers_->by_ticket.at(ticket).status; }
    nlohmann::json answer_to(std::uint64_t ticket) const {
        return nlohmann::json::parse(answers_->by_ticket.at(ticket).body);
    }
    void publish(const std::string& id, const std::string& type) {
        ASSERT_TRUE(world_.run([&](ledger::Books& books) -> Result<Done> {
            TOLLGATE_DO(books.add_event({.id = id,
                                         .app = "shop",
                                         .type = type,
                                         .payload = "{}",
                                         .created_at = world_.clock.now()}));
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(100));
            return books.outbox().publish(events);
        }));
        polls_.published();
        polls_.run_once();
    }

    LedgerWorld world_;
    std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
    LongPolls polls_{*world_.store, world_.clock, world_.log.get(), [] {}};

private:
    std::uint64_t tickets_ = 0;
};

// Those that it has been through already are not looked at again, and its cursor stays its own.
TEST_F(LongPolling, WaitsOnBehindEventsOfOtherTypes) {
    const auto hears = wait("one", {.apps = {"shop"}, .type = "payment.closed", .limit = 10});
    const auto hears_nothing = wait("one", {.apps = {"shop"}, .type = "refund.*", .limit = 10});
    publish("evt_1", "payment.paid");
    publish("evt_2", "payment.paid");
    EXPECT_FALSE(is_answered(hears));
    publish("evt_3", "payment.closed");
    ASSERT_TRUE(is_answered(hears));
    EXPECT_EQ(answer_to(hears)["events"][0]["id"], "evt_3");
    EXPECT_EQ(answer_to(hears)["next_after"], 3);
    EXPECT_FALSE(is_answered(hears_nothing));
    world_.clock.pass(std::chrono::seconds(11));
    polls_.run_once();
    ASSERT_TRUE(is_answered(hears_nothing));
    EXPECT_EQ(
        answer_to(hears_nothing),
        (nlohmann::json{{"events", nlohmann::json::array()}, {"next_after", 0}, {"more", false}}));
}

TEST_F(LongPolling, OneCallerLeavesPlacesForTheOthers) {
    for (std::size_t i = 0; i < LongPolls::kWaitingMaxOfCaller; ++i) {
        ASSERT_FALSE(is_answered(wait("greedy")));
    }
    EXPECT_EQ(status_of(wait("greedy")), 503);
    EXPECT_FALSE(is_answered(wait("other")));
    // Whoever is answered makes room.
    publish("evt_1", "payment.paid");
    EXPECT_FALSE(is_answered(wait("greedy", {.apps = {"shop"}, .after = 1})));
}

}  // namespace
}  // namespace tollgate::gateway
