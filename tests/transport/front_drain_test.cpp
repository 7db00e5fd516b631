// Opening and stopping.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "running_front.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};

struct Parked {
    std::mutex mutex;
    std::vector<Ticket> tickets;

    Router router() {
        Router router = echo_router();
        router.add("GET", "/later", [this](ServerRequest&, Ticket ticket) {
            const std::lock_guard lock(mutex);
            tickets.push_back(std::move(ticket));
        });
        return router;
    }
    bool holds_one() {
        return becomes_true([this] {
            const std::lock_guard lock(mutex);
            return tickets.size() == 1;
        });
    }
};

TEST(FrontDrain, AnswersWhatHasBegunAndClosesTheRest) {
    Parked parked;
    RunningFront front({.router = parked.router()});
    Peer idle = front.peer();
    ASSERT_EQ(idle.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    Peer sending = front.peer();
    ASSERT_TRUE(sending.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab"));
    Peer waiting = front.peer();
    ASSERT_TRUE(waiting.send(request_text("GET", "/later")));
    ASSERT_TRUE(parked.holds_one());
    ASSERT_TRUE(becomes_true([&] { return front->counters().connections == 3; }));

    front->stop(kLong);
    EXPECT_TRUE(idle.is_ended());
    ASSERT_TRUE(sending.send("cd"));
    const auto sent = sending.answer();
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->body, "abcd");
    EXPECT_EQ(sent->header("Connection"), "close");
    parked.tickets.front().complete(text_answer("at last"));
    const auto waited = waiting.answer();
    ASSERT_TRUE(waited);
    EXPECT_EQ(waited->body, "at last");
    EXPECT_EQ(waited->header("Connection"), "close");
    sending.leave();
    waiting.leave();
    front.join();
    EXPECT_EQ(front->counters().connections, 0U);
}

TEST(FrontDrain, TakesNoMoreConnections) {
    Parked parked;
    RunningFront front({.router = parked.router()});
    Peer waiting = front.peer();
    ASSERT_TRUE(waiting.send(request_text("GET", "/later")));
    ASSERT_TRUE(parked.holds_one());
    front->stop(kLong);
    EXPECT_THROW(front.peer(), std::runtime_error);
    parked.tickets.clear();
    EXPECT_EQ(waiting.answer().value_or(Answer{}).status, 503);
}

TEST(FrontDrain, CutsWhatIsLeftAfterItsPatience) {
    Parked parked;
    RunningFront front({.router = parked.router()});
    Peer waiting = front.peer();
    ASSERT_TRUE(waiting.send(request_text("GET", "/later")));
    ASSERT_TRUE(parked.holds_one());
    Peer sending = front.peer();
    ASSERT_TRUE(sending.send("POST /body HTTP/1.1\r\nHo"));
    ASSERT_TRUE(becomes_true([&] { return front->counters().connections == 2; }));
    front->stop(milliseconds(50));
    front.join();
    EXPECT_TRUE(waiting.is_ended());
    EXPECT_TRUE(sending.is_ended());
    EXPECT_EQ(front->counters().connections, 0U);
    EXPECT_EQ(front->counters().tickets, 0U);
    parked.tickets.front().complete(text_answer("for nobody"));
}

TEST(FrontDrain, StopsBeforeItHasRun) {
    RunningFront front({.router = echo_router(), .threads = 0});
    front->stop(kLong);
    front->run();
    SUCCEED();
}

TEST(FrontDrain, ServesAConnectionThatReachedTheKernelBeforeTheStop) {
    RunningFront front({.router = echo_router(), .threads = 0});
    Peer early = front.peer();
    ASSERT_TRUE(early.send(request_text("GET", "/echo")));
    front->stop(kLong);
    std::thread runner([&] { front->run(); });
    const auto answer = early.answer();
    early.leave();
    runner.join();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->header("Connection"), "close");
}

TEST(FrontOpen, NamesTheAddressThatIsTaken) {
    RunningFront front({.router = echo_router()});
    MemoryLog log;
    CountingEntropy entropy;
    std::vector<Listener> listeners(1);
    listeners[0].address = "127.0.0.1";
    listeners[0].port = front.port();
    const auto second = Front::open(
        std::move(listeners), {.clock = system_clock(), .entropy = entropy, .log = log.log()});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(second.error().message(), ::testing::HasSubstr(std::to_string(front.port())));
}

TEST(FrontOpen, WantsALiteralAddress) {
    MemoryLog log;
    CountingEntropy entropy;
    for (const std::string address : {"localhost", "", "1.2.3", "256.1.1.1"}) {
        std::vector<Listener> listeners(1);
        listeners[0].address = address;
        const auto front = Front::open(
            std::move(listeners), {.clock = system_clock(), .entropy = entropy, .log = log.log()});
        ASSERT_FALSE(front) << address;
        EXPECT_EQ(front.error().code(), ErrorCode::invalid_argument) << address;
    }
}

TEST(FrontOpen, ListensOnIpv6) {
    RunningFront front({.router = echo_router(), .address = "::1"});
    Peer peer = front.peer();
    EXPECT_THAT(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).body,
                ::testing::HasSubstr("remote=::1\n"));
}

TEST(FrontOpen, KeepsListenersApart) {
    MemoryLog log;
    CountingEntropy entropy;
    std::vector<Listener> listeners(2);
    for (const std::size_t i : {0U, 1U}) {
        listeners[i].name = i == 0 ? "public" : "api";
        listeners[i].address = "127.0.0.1";
        listeners[i].router.add("GET", i == 0 ? "/a" : "/b", at_once(describe));
    }
    auto front = Front::open(std::move(listeners),
                             {.clock = system_clock(), .entropy = entropy, .log = log.log()});
    ASSERT_TRUE(front);
    std::thread runner([&] { (*front)->run(); });
    Peer peer = Peer::connect_to((*front)->port("public"));
    const auto own = peer.ask(request_text("GET", "/a"));
    const auto foreign = peer.ask(request_text("GET", "/b"));
    (*front)->stop(milliseconds(0));
    runner.join();
    EXPECT_EQ(own.value_or(Answer{}).status, 200);
    EXPECT_EQ(foreign.value_or(Answer{}).status, 404);
}

TEST(FrontOpen, RefusesInTheListenersOwnWords) {
    RunningFront front(
        {.router = echo_router(), .refusal = [](int status, std::string_view reason) {
             return ServerResponse{.status = status,
                                   .content_type = "application/problem+json",
                                   .body = R"({"detail":")" + std::string(reason) + R"("})"};
         }});
    Peer peer = front.peer();
    const auto answer = peer.ask(request_text("GET", "/nowhere"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Content-Type"), "application/problem+json");
    Peer garbage = front.peer();
    EXPECT_EQ(garbage.ask("\x01").value_or(Answer{}).header("Content-Type"),
              "application/problem+json");
}

}  // namespace
}  // namespace tollgate::transport::testing
