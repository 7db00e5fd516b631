// The contract of Outbox and OutboxReading, to be passed by every engine: events, claims and
// attempts.
#include "tests/ledger/outbox_contract.h"

namespace tollgate::ledger {
namespace {

using std::chrono::seconds;

INSTANTIATE_TEST_SUITE_P(, OutboxContract, testing::every_engine(), testing::engine_name);

TEST_P(OutboxContract, ClaimsADeliveryOnceUntilItsLeaseRunsOut) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    EXPECT_EQ(claim(a, Lane::fresh).size(), 1U);
    EXPECT_TRUE(claim(a, Lane::fresh).empty());
    EXPECT_TRUE(claim(a, Lane::retry).empty());
    world_.clock.pass(seconds(20));  // Whoever had it is dead.
    const auto again = claim(a, Lane::retry);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().attempt, 2);
    auto lease = world_.store->read();
    auto& reading = (*lease)->outbox();
    const auto attempts = reading.attempts_of(**reading.event("evt_1"));
    ASSERT_EQ(attempts->size(), 1U);
    EXPECT_EQ(attempts->front().outcome, "interrupted");
    EXPECT_FALSE(attempts->front().finished_at);
}

TEST_P(OutboxContract, AClaimThatComesWithThePromiseIsAClaimLikeAnyOther) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    const auto promise = [&]() -> Result<std::vector<DueDelivery>> {
        return run([&](Outbox& outbox) -> Result<std::vector<DueDelivery>> {
            TOLLGATE_TRY(const auto events, outbox.unpublished_events(100));
            TOLLGATE_DO(outbox.publish(events));
            std::vector<DueDelivery> claimed;
            for (const auto& event : events) {
                for (int times = 0; times < 2; ++times) {
                    TOLLGATE_TRY(auto one, outbox.add_claimed(event, a, world_.clock.now(),
                                                              world_.clock.now() + seconds(20)));
                    if (one) claimed.push_back(*std::move(one));
                }
            }
            return claimed;
        });
    };
    const auto claimed = *promise();
    ASSERT_EQ(claimed.size(), 1U);  // The second time it had been promised before.
    EXPECT_EQ(claimed.front().event_id, "evt_1");
    EXPECT_EQ(claimed.front().event_type, "payment.paid");
    EXPECT_EQ(claimed.front().payload, "{}");
    EXPECT_EQ(claimed.front().attempt, 1);
    EXPECT_TRUE(claim(a, Lane::fresh).empty());
    EXPECT_TRUE(claim(a, Lane::retry).empty());
    EXPECT_EQ(run([](Outbox& outbox) { return outbox.pending_work(); })->front().next_retry_at,
              world_.clock.now() + seconds(20));
    // Given back, it waits in the lane for what is new.
    ASSERT_TRUE(
        run([&](Outbox& outbox) { return outbox.release(claimed.front(), world_.clock.now()); }));
    ASSERT_EQ(claim(a, Lane::fresh).size(), 1U);
    world_.clock.pass(seconds(20));
    const auto again = claim(a, Lane::retry);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().attempt, 2);
}

TEST_P(OutboxContract, ShowsEveryAttemptWithAllThatIsKnownOfIt) {
    const Endpoint a = endpoint("a");
    const Endpoint b = endpoint("b");
    write_event("evt_1");
    publish_to(a);
    const auto first = claim(a, Lane::fresh);
    const Timestamp started = world_.clock.now();
    AttemptResult result{.delivery = first.front().row,
                         .attempt = 1,
                         .started_at = started,
                         .finished_at = started + seconds(1),
                         .outcome = "delivered",
                         .http_status = 204,
                         .address = "192.0.2.1",
                         .phases = {.dns_us = 1,
                                    .connect_us = 2,
                                    .tls_us = std::nullopt,
                                    .first_byte_us = 4,
                                    .total_us = 5},
                         .detail = "fine",
                         .becomes = DeliveryStatus::delivered};
    ASSERT_TRUE(run([&](Outbox& outbox) { return outbox.finish_attempt(result); }));
    const auto view = [&] {
        auto lease = world_.store->read();
        auto& reading = (*lease)->outbox();
        return *reading.attempts_of(**reading.event("evt_1"));
    };
    ASSERT_EQ(view().size(), 1U);
    const AttemptView shown = view().front();
    EXPECT_EQ(shown.endpoint_id, "a");
    EXPECT_EQ(shown.number, 1);
    EXPECT_EQ(shown.generation, 1);
    EXPECT_EQ(shown.started_at, started);
    EXPECT_EQ(shown.finished_at, started + seconds(1));
    EXPECT_EQ(shown.outcome, "delivered");
    EXPECT_EQ(shown.http_status, 204);
    EXPECT_EQ(shown.address, "192.0.2.1");
    EXPECT_EQ(shown.phases.dns_us, 1);
    EXPECT_EQ(shown.phases.connect_us, 2);
    EXPECT_FALSE(shown.phases.tls_us);
    EXPECT_EQ(shown.phases.first_byte_us, 4);
    EXPECT_EQ(shown.phases.total_us, 5);
    EXPECT_EQ(shown.detail, "fine");
    {
        auto lease = world_.store->read();
        const auto deliveries = (*lease)->outbox().deliveries(
            {.endpoint = a.row, .apps = {"shop"}, .statuses = {DeliveryStatus::delivered}});
        ASSERT_EQ(deliveries->size(), 1U);
        EXPECT_EQ(deliveries->front().finished_at, started + seconds(1));
    }
    // Delivered once more to the one, for the first time to the other.
    world_.clock.pass(seconds(5));
    {
        auto lease = world_.store->read();
        const auto event = (*lease)->outbox().event("evt_1");
        for (const Endpoint* endpoint : {&a, &b}) {
            ASSERT_TRUE(run([&](Outbox& outbox) {
                return outbox.redeliver(**event, *endpoint, world_.clock.now());
            }));
        }
    }
    const auto second = claim(a, Lane::retry);
    ASSERT_EQ(second.size(), 1U);
    finish(second.front(), DeliveryStatus::delivered);
    finish(claim(b, Lane::fresh).front(), DeliveryStatus::delivered);
    const auto all = view();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].http_status, 204);
    EXPECT_EQ(all[1].endpoint_id, "a");
    EXPECT_EQ(all[1].number, 2);
    EXPECT_EQ(all[1].generation, 2);
    EXPECT_EQ(all[2].endpoint_id, "b");
}

TEST_P(OutboxContract, AListGoesOnWhereItsCursorStandsAndStaysWithItsEndpoint) {
    const Endpoint a = endpoint("a");
    const Endpoint b = endpoint("b");
    for (int i = 0; i < 5; ++i) write_event("evt_" + std::to_string(i));
    ASSERT_TRUE(run([&](Outbox& outbox) -> Result<Done> {
        TOLLGATE_TRY(const auto events, outbox.unpublished_events(100));
        TOLLGATE_DO(outbox.publish(events));
        for (const auto& event : events) {
            for (const Endpoint* endpoint : {&a, &b}) {
                TOLLGATE_DO(
                    outbox.add_delivery(event, *endpoint, std::nullopt, world_.clock.now()));
            }
        }
        return Done{};
    }));
    for (const Endpoint* endpoint : {&a, &b}) {
        std::vector<std::string> seen;
        DeliveryQuery query{.endpoint = endpoint->row, .apps = {"shop"}, .limit = 2};
        for (int page = 0; page < 3; ++page) {
            auto lease = world_.store->read();
            const auto found = (*lease)->outbox().deliveries(query);
            for (const auto& delivery : *found) {
                EXPECT_EQ(delivery.endpoint_id, endpoint->id);
                seen.push_back(delivery.event_id);
                query.after = delivery.place;
            }
        }
        EXPECT_EQ(seen, (std::vector<std::string>{"evt_0", "evt_1", "evt_2", "evt_3", "evt_4"}));
        query.after = INT64_MAX;  // As far as a caller may ask.
        auto lease = world_.store->read();
        EXPECT_TRUE((*lease)->outbox().deliveries(query)->empty());
    }
}

TEST_P(OutboxContract, GivesADeliveryBackUncounted) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    const auto first = claim(a, Lane::fresh);
    ASSERT_EQ(first.size(), 1U);
    ASSERT_TRUE(
        run([&](Outbox& outbox) { return outbox.release(first.front(), world_.clock.now()); }));
    const auto second = claim(a, Lane::fresh);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second.front().attempt, 1);
    EXPECT_EQ(second.front().counted, 1);
}

TEST_P(OutboxContract, KeepsWhatIsSpentAndBeginsItAgainWithAWholeBudget) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    finish(claim(a, Lane::fresh).front(), DeliveryStatus::spent);
    world_.clock.pass(std::chrono::hours(100));
    EXPECT_TRUE(claim(a, Lane::retry).empty());
    {
        auto lease = world_.store->read();
        const auto given_up = (*lease)->outbox().deliveries(
            {.endpoint = a.row, .apps = {"shop"}, .statuses = {DeliveryStatus::spent}});
        ASSERT_EQ(given_up->size(), 1U);
        EXPECT_EQ(given_up->front().event_id, "evt_1");
        EXPECT_EQ(given_up->front().attempts, 1);
        const auto event = (*lease)->outbox().event("evt_1");
        ASSERT_TRUE(
            run([&](Outbox& outbox) { return outbox.redeliver(**event, a, world_.clock.now()); }));
    }
    const auto again = claim(a, Lane::retry);  // Never by the lane for what happens now.
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().attempt, 2);
    EXPECT_EQ(again.front().counted, 1);
    EXPECT_EQ(again.front().generation, 2);
}

TEST_P(OutboxContract, AForgivenAttemptLeavesTheBudgetWhole) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    const auto due = claim(a, Lane::fresh);
    ASSERT_TRUE(run([&](Outbox& outbox) {
        return outbox.finish_attempt({.delivery = due.front().row,
                                      .attempt = 1,
                                      .started_at = world_.clock.now(),
                                      .finished_at = world_.clock.now(),
                                      .outcome = "timeout",
                                      .next_attempt_at = world_.clock.now(),
                                      .forgiven = true});
    }));
    const auto again = claim(a, Lane::retry);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().attempt, 2);
    EXPECT_EQ(again.front().counted, 1);
}

TEST_P(OutboxContract, TellsHowOftenADeliveryWasRefusedInItsGeneration) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    auto due = claim(a, Lane::fresh);
    for (const auto& [outcome, refused] : std::vector<std::pair<std::string_view, int>>{
             {"http_error", 0}, {kRefusedOutcome, 1}, {"timeout", 1}, {kRefusedOutcome, 2}}) {
        finish(due.front(), DeliveryStatus::pending, world_.clock.now(), outcome);
        due = claim(a, Lane::retry);
        ASSERT_EQ(due.size(), 1U);
        EXPECT_EQ(due.front().refused, refused);
    }
    finish(due.front(), DeliveryStatus::spent);
    {
        auto lease = world_.store->read();
        const auto event = (*lease)->outbox().event("evt_1");
        ASSERT_TRUE(
            run([&](Outbox& outbox) { return outbox.redeliver(**event, a, world_.clock.now()); }));
    }
    due = claim(a, Lane::retry);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due.front().refused, 0);
}

TEST_P(OutboxContract, ALateSuccessCountsAndALateFailureDoesNot) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    publish_to(a);
    const auto first = claim(a, Lane::fresh);
    world_.clock.pass(seconds(20));
    const auto second = claim(a, Lane::retry);
    ASSERT_EQ(second.size(), 1U);
    finish(first.front(), DeliveryStatus::spent);  // The first one's word no longer counts, …
    world_.clock.pass(seconds(20));
    ASSERT_EQ(claim(a, Lane::retry).size(), 1U);
    finish(first.front(), DeliveryStatus::delivered);  // … unless it brought the event there.
    world_.clock.pass(seconds(20));
    EXPECT_TRUE(claim(a, Lane::retry).empty());
    // What was taken for interrupted and ended after all is one attempt.
    auto lease = world_.store->read();
    auto& reading = (*lease)->outbox();
    const auto attempts = reading.attempts_of(**reading.event("evt_1"));
    std::vector<int> numbers;
    for (const AttemptView& attempt : *attempts) numbers.push_back(attempt.number);
    EXPECT_EQ(numbers, (std::vector<int>{1, 2}));
}

// An attempt outlives its delivery when the clock jumps: else every later round would fail with it.
TEST_P(OutboxContract, AnEndThatComesAfterItsEventIsGoneIsNoError) {
    const Endpoint a = endpoint("a");
    write_event("evt_1");
    write_event("evt_2");
    publish_to(a);
    const auto first = claim(a, Lane::fresh);
    ASSERT_EQ(first.size(), 2U);
    world_.clock.pass(seconds(20));
    for (const DueDelivery& second : claim(a, Lane::retry)) {
        finish(second, DeliveryStatus::delivered);
    }
    world_.clock.pass(seconds(20));
    const auto dropped = world_.run(
        [&](Books& books) { return books.retention().drop_events(world_.clock.now(), 0, 100); });
    ASSERT_TRUE(dropped);
    ASSERT_EQ(dropped->removed, 1);
    finish(first.front(), DeliveryStatus::pending, world_.clock.now());
    finish(first.front(), DeliveryStatus::delivered);
    EXPECT_EQ(world_.ask("SELECT count(*) FROM attempt WHERE delivery = " +
                         std::to_string(first.front().row)),
              "0");
    EXPECT_EQ(world_.ask("SELECT count(*) FROM delivery"), "1");
}

TEST_P(OutboxContract, HoldsBackWhatIsOrderedBehindWhatIsPending) {
    const Endpoint a = endpoint("a");
    const Payment one = world_.added("T1");
    const Payment two = world_.added("T2");
    write_event("evt_1", one.row);
    write_event("evt_2", one.row);
    write_event("evt_3", two.row);
    publish_to(a, true);
    const auto first = claim(a, Lane::fresh);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].event_id, "evt_1");
    EXPECT_EQ(first[1].event_id, "evt_3");
    finish(first[0], DeliveryStatus::pending, world_.clock.now() + seconds(5));
    EXPECT_TRUE(claim(a, Lane::fresh).empty());  // evt_1 failed: evt_2 still waits for it.
    world_.clock.pass(seconds(5));
    finish(claim(a, Lane::retry).front(), DeliveryStatus::delivered);
    const auto next = claim(a, Lane::fresh);
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next.front().event_id, "evt_2");
}

TEST_P(OutboxContract, WhatPiledUpInAnOutageLeavesTheFreshLane) {
    const Endpoint a = endpoint("a");
    write_event("evt_old");
    publish_to(a);
    ASSERT_TRUE(run(
        [&](Outbox& outbox) { return outbox.set_health(a.row, {}, true, world_.clock.now()); }));
    write_event("evt_new");
    const Endpoint now = read_again(a);
    publish_to(now);
    const auto fresh = claim(now, Lane::fresh);
    ASSERT_EQ(fresh.size(), 1U);
    EXPECT_EQ(fresh.front().event_id, "evt_new");
    const auto backlog = claim(now, Lane::backlog);
    ASSERT_EQ(backlog.size(), 1U);
    EXPECT_EQ(backlog.front().event_id, "evt_old");
}

TEST_P(OutboxContract, ListsEveryEndpointWithSomethingPending) {
    const Endpoint a = endpoint("a");
    const Endpoint b = endpoint("b");
    endpoint("idle");
    write_event("evt_1");
    publish_to(b);
    write_event("evt_2");
    publish_to(a);
    finish(claim(a, Lane::fresh).front(), DeliveryStatus::pending, world_.clock.now() + seconds(5));
    const auto pending = run([](Outbox& outbox) { return outbox.pending_work(); });
    ASSERT_EQ(pending->size(), 2U);
    EXPECT_EQ((*pending)[0].endpoint, a.row);
    EXPECT_FALSE((*pending)[0].never_tried);
    EXPECT_EQ((*pending)[0].next_retry_at, world_.clock.now() + seconds(5));
    EXPECT_EQ((*pending)[1].endpoint, b.row);
    EXPECT_TRUE((*pending)[1].never_tried);
    EXPECT_FALSE((*pending)[1].next_retry_at);
}

// The cursor's promise: a reader who has seen number n never meets a lower one later.
TEST_P(OutboxContract, NumbersFollowTheOrderOfCommitsNotOfWriting) {
    const Endpoint a = endpoint("a");
    const auto read_after = [&](std::int64_t after) {
        auto lease = world_.store->read();
        auto events = (*lease)->outbox().events({.apps = {"shop"}, .after = after});
        std::vector<std::string> ids;
        for (const auto& event : *events) ids.push_back(event.id);
        return ids;
    };
    write_event("evt_1");
    EXPECT_TRUE(read_after(0).empty());  // Committed, but without its number: nobody sees it yet.
    publish_to(a);
    EXPECT_EQ(read_after(0), std::vector<std::string>{"evt_1"});
    write_event("evt_2");
    write_event("evt_3");
    publish_to(a);
    EXPECT_EQ(read_after(1), (std::vector<std::string>{"evt_2", "evt_3"}));
    EXPECT_TRUE(read_after(3).empty());
}

TEST_P(OutboxContract, FindsWhatWasMissedSinceATime) {
    const Endpoint a = endpoint("a");
    for (int i = 0; i < 50; ++i) {
        write_event("evt_" + std::to_string(i));
        world_.clock.pass(std::chrono::minutes(1));
    }
    publish_to(a);
    auto lease = world_.store->read();
    const Timestamp since = world_.clock.now() + -std::chrono::minutes(3);
    const auto missed = (*lease)->outbox().events({.apps = {"shop"}, .since = since});
    ASSERT_EQ(missed->size(), 3U);
    EXPECT_EQ(missed->front().id, "evt_47");
    EXPECT_TRUE((*lease)->outbox().events({.apps = {"other"}, .since = since})->empty());
    EXPECT_TRUE(
        (*lease)->outbox().events({.apps = {"shop"}, .since = since, .type = "refund.*"})->empty());
    EXPECT_EQ(
        (*lease)->outbox().events({.apps = {"shop"}, .since = since, .type = "payment.*"})->size(),
        3U);
}

TEST_P(OutboxContract, CountsWhatItWouldRedeliverAndThenDoesJustThat) {
    const Endpoint a = endpoint("a");
    const Timestamp from = world_.clock.now();
    for (int i = 0; i < 7; ++i) {
        write_event("evt_" + std::to_string(i));
        world_.clock.pass(std::chrono::hours(1));
    }
    publish_to(a);
    for (const auto& due : claim(a, Lane::fresh)) finish(due, DeliveryStatus::spent);
    DeliveryQuery query{.endpoint = a.row,
                        .apps = {"shop"},
                        .statuses = {DeliveryStatus::spent},
                        .from = from + std::chrono::hours(2),
                        .to = from + std::chrono::hours(5),
                        .limit = 2};
    const auto count = [&] {
        auto lease = world_.store->read();
        return *(*lease)->outbox().count_deliveries(query);
    };
    EXPECT_EQ(count(), 3);
    const auto redeliver = [&] {
        return *run([&](Outbox& outbox) { return outbox.redeliver(query, world_.clock.now()); });
    };
    const auto first = redeliver();
    EXPECT_EQ(first.count, 2);
    query.after = first.last;
    EXPECT_EQ(redeliver().count, 1);
    EXPECT_EQ(claim(a, Lane::retry).size(), 3U);
}

}  // namespace
}  // namespace tollgate::ledger
