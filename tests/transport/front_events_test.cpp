// The kernel tells of each change once, and whoever has the connection then must not lose it: bytes
// and ends that come together, while a request is being answered, or in a flood.

#include <gtest/gtest.h>

#include <ctime>
#include <thread>

#include <poll.h>

#include "held_requests.h"
#include "running_front.h"
#include "tests/support/fakes.h"

namespace tollgate::transport::testing {
namespace {

// What is missed is not made good by the end of an idle time.
FrontLimits without_idle_end() {
    FrontLimits limits;
    limits.idle_time = std::chrono::hours(1);
    limits.request_time = std::chrono::hours(1);
    return limits;
}

bool has_no_connection(RunningFront& front) {
    return becomes_true([&] { return front->counters().connections == 0; });
}

TEST(FrontEvents, ARequestAndTheEndBehindItComeAsOne) {
    Gate gate;
    Router router = echo_router();
    router.add("GET", "/held", at_once([&gate](const ServerRequest&) {
                   gate.pass();
                   return text_answer("held");
               }));
    RunningFront front({.router = std::move(router), .limits = without_idle_end(), .threads = 1});
    Peer first = front.peer();
    Peer second = front.peer();
    EXPECT_EQ(second.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    ASSERT_TRUE(first.send(request_text("GET", "/held")));
    ASSERT_TRUE(gate.holds(1));
    // The only loop is busy: it will hear of both at once.
    ASSERT_TRUE(second.send(request_text("GET", "/echo")));
    second.finish_sending();
    gate.open();
    EXPECT_EQ(second.answer().value_or(Answer{}).status, 200);
    EXPECT_TRUE(second.ended_in_order());
}

TEST(FrontEvents, WhatComesWhileARequestIsBeingAnsweredIsServedAfterIt) {
    Shelf shelf;
    Router router = echo_router();
    router.add("GET", "/later", shelf.handler());
    RunningFront front({.router = std::move(router), .limits = without_idle_end()});
    for (int i = 0; i < 50; ++i) {
        Peer peer = front.peer();
        ASSERT_TRUE(peer.send(request_text("GET", "/later")));
        ASSERT_TRUE(shelf.holds(1));
        ASSERT_TRUE(peer.send(request_text("GET", "/echo")));
        if (i % 2 == 0) peer.finish_sending();
        shelf.take().complete(text_answer("later"));
        EXPECT_EQ(peer.answer().value_or(Answer{}).body, "later");
        EXPECT_EQ(peer.answer().value_or(Answer{}).status, 200);
        if (i % 2 != 0) continue;
        EXPECT_TRUE(peer.ended_in_order());
    }
    EXPECT_TRUE(has_no_connection(front));
}

TEST(FrontEvents, WhoLeavesWhileItsRequestIsBeingAnsweredIsSeenToHaveLeft) {
    Shelf shelf;
    Router router;
    router.add("GET", "/later", shelf.handler());
    RunningFront front({.router = std::move(router), .limits = without_idle_end()});
    for (int i = 0; i < 20; ++i) {
        Peer peer = front.peer();
        ASSERT_TRUE(peer.send(request_text("GET", "/later")));
        ASSERT_TRUE(shelf.holds(1));
        if (i % 2 == 0)
            peer.finish_sending();
        else
            peer.leave_rudely();
        shelf.take().complete(text_answer("later"));
        EXPECT_TRUE(has_no_connection(front));
    }
}

// More than a loop reads at a time, and in pieces that end where its buffer ends.
TEST(FrontEvents, ReadsWhatIsLargerThanOneRead) {
    FrontLimits limits;
    limits.body_bytes_max = std::size_t{1} << 20U;
    RunningFront front({.router = echo_router(), .limits = limits});
    for (const std::size_t size : {65'400U, 65'536U, 131'072U, 1'000'000U}) {
        Peer peer = front.peer();
        const std::string body(size, 'b');
        std::thread sender([&] { peer.send(request_text("POST", "/body", "", body)); });
        const auto answer = peer.answer();
        sender.join();
        ASSERT_TRUE(answer) << size;
        EXPECT_EQ(answer->body, body) << size;
    }
}

double processor_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// It waits for room alone: else its unread bytes would be told of again and again.
TEST(FrontEvents, WhoSendsAndDoesNotReadKeepsNobodyBusy) {
    FrontLimits limits;
    limits.send_time = std::chrono::milliseconds(1'000);
    Router router = echo_router();
    router.add("GET", "/large", at_once([](const ServerRequest&) {
                   return text_answer(std::string(std::size_t{32} << 20U, 'x'));
               }));
    RunningFront front({.router = std::move(router), .limits = limits});
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("GET", "/large")));
    ASSERT_TRUE(ready(peer.socket(), POLLIN));  // It has begun to answer.
    ASSERT_TRUE(peer.send(request_text("GET", "/echo")));
    const double before = processor_seconds();
    EXPECT_TRUE(has_no_connection(front));  // Reset after a second.
    EXPECT_LT(processor_seconds() - before, 0.5);
}

}  // namespace
}  // namespace tollgate::transport::testing
