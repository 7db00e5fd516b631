// Peers that are slow, silent, many, or do not read: each costs a bounded time and no thread.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <sys/resource.h>
#include <sys/socket.h>

#include "running_front.h"
#include "tests/support/fakes.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

RunningFront::Setup with_limits(const std::function<void(FrontLimits&)>& change) {
    RunningFront::Setup setup{.router = echo_router()};
    change(setup.limits);
    return setup;
}

TEST(FrontDeadlines, CutsASlowSenderWith408) {
    RunningFront front(
        with_limits([](FrontLimits& limits) { limits.request_time = milliseconds(150); }));
    for (const std::string begun :
         {"POST /echo HTT", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"}) {
        Peer peer = front.peer();
        const auto answer = peer.ask(begun);
        ASSERT_TRUE(answer) << begun;
        EXPECT_EQ(answer->status, 408);
        EXPECT_EQ(answer->header("Connection"), "close");
        EXPECT_TRUE(peer.is_ended());
    }
}

TEST(FrontDeadlines, GivesNoMoreTimeForEachByte) {
    RunningFront front(
        with_limits([](FrontLimits& limits) { limits.request_time = milliseconds(300); }));
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send("GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: "));
    // Keeps sending for as long as it is let: a renewed deadline would never come.
    EXPECT_TRUE(becomes_true([&] {
        peer.send("x");
        return front->counters().refusals == 1;
    }));
    EXPECT_EQ(peer.answer().value_or(Answer{}).status, 408);
}

TEST(FrontDeadlines, ServesOthersBesideAThousandSlowSenders) {
    RunningFront front(
        with_limits([](FrontLimits& limits) { limits.request_time = milliseconds(2'000); }));
    std::vector<Peer> slow;
    for (int i = 0; i < 300; ++i) {
        slow.push_back(front.peer());
        ASSERT_TRUE(slow.back().send("POST /echo HTTP/1.1\r\nHost: x\r\n"));
    }
    Peer quick = front.peer();
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(quick.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    }
    for (Peer& peer : slow) EXPECT_EQ(peer.answer().value_or(Answer{}).status, 408);
}

TEST(FrontDeadlines, ClosesSilentAndIdleConnectionsWithoutAWord) {
    tollgate::testing::HandClock clock;
    RunningFront::Setup setup{.router = echo_router()};
    setup.clock = &clock;
    RunningFront front(std::move(setup));
    Peer silent = front.peer();
    Peer idle = front.peer();
    ASSERT_EQ(idle.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    ASSERT_TRUE(becomes_true([&] { return front->counters().connections == 2; }));
    // More than once: an idle time begins a moment after the answer has been read here.
    EXPECT_TRUE(becomes_true([&] {
        clock.pass(FrontLimits{}.idle_time);
        return front->counters().connections == 0;
    }));
    EXPECT_TRUE(silent.is_ended());
    EXPECT_TRUE(idle.is_ended());
    EXPECT_EQ(front->counters().refusals, 0U);
}

TEST(FrontDeadlines, CutsAPeerThatDoesNotTakeItsAnswer) {
    RunningFront::Setup setup;
    setup.router.add("GET", "/big", at_once([](const ServerRequest&) {
                         return text_answer(std::string(16U << 20U, 'x'));
                     }));
    setup.limits.send_time = milliseconds(200);
    RunningFront front(std::move(setup));
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("GET", "/big")));
    EXPECT_TRUE(becomes_true([&] { return front->counters().requests == 1; }));
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    EXPECT_FALSE(peer.answer());
}

TEST(FrontDeadlines, GivesNoMoreTimeForEachByteTaken) {
    RunningFront::Setup setup;
    setup.router.add("GET", "/big", at_once([](const ServerRequest&) {
                         return text_answer(std::string(32U << 20U, 'x'));
                     }));
    tollgate::testing::HandClock clock;
    setup.clock = &clock;
    setup.limits.send_time = milliseconds(400);
    RunningFront front(std::move(setup));
    Peer peer = front.peer();
    ASSERT_TRUE(peer.send(request_text("GET", "/big")));
    EXPECT_TRUE(peer.read_until("HTTP/1.1 200"));
    // Takes a little all the time: a renewed deadline would never come.
    EXPECT_TRUE(becomes_true([&] {
        peer.skip_some(32'768);
        clock.pass(milliseconds(2));
        return front->counters().connections == 0;
    }));
}

TEST(FrontDeadlines, SendsALargeAnswerToAPeerThatReadsIt) {
    RunningFront::Setup setup;
    setup.router.add("GET", "/big", at_once([](const ServerRequest&) {
                         return text_answer(std::string(16U << 20U, 'x'));
                     }));
    tollgate::testing::HandClock clock;  // Stands still: however long it takes, it is in time.
    setup.clock = &clock;
    RunningFront front(std::move(setup));
    Peer peer = front.peer();
    EXPECT_EQ(peer.ask(request_text("GET", "/big")).value_or(Answer{}).body.size(), 16U << 20U);
}

TEST(FrontDeadlines, LetsConnectionsBeyondTheCapWait) {
    RunningFront front(with_limits([](FrontLimits& limits) { limits.connections_max = 2; }));
    Peer first = front.peer();
    Peer second = front.peer();
    ASSERT_EQ(first.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    ASSERT_EQ(second.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    Peer third = front.peer();  // Completed by the kernel; not accepted yet.
    ASSERT_TRUE(third.send(request_text("GET", "/echo")));
    ASSERT_EQ(first.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_EQ(front->counters().connections, 2U);
    EXPECT_EQ(front->counters().requests, 3U);
    second.leave();
    EXPECT_EQ(third.answer().value_or(Answer{}).status, 200);
}

TEST(FrontDeadlines, SurvivesRunningOutOfDescriptors) {
    // No connection ends by itself meanwhile: that, too, would make the front accept again.
    RunningFront front(
        with_limits([](FrontLimits& limits) { limits.request_time = std::chrono::minutes(5); }));
    Peer before = front.peer();
    ASSERT_EQ(before.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    rlimit saved{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
    Peer stuck = front.peer();
    ASSERT_TRUE(becomes_true([&] { return front->counters().connections == 2; }));
    rlimit none = saved;
    none.rlim_cur = static_cast<rlim_t>(stuck.socket());  // No new number fits below.
    // This peer's own socket is made before the limit falls; connecting needs no further one.
    Peer late(Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const bool connected = late.connect(front.port());
    const bool noticed = becomes_true(
        [&] { return front.log_text().find("http.accept_failed") != std::string::npos; });
    // Those who are connected are served meanwhile.
    const auto served = before.ask(request_text("GET", "/echo"));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
    EXPECT_TRUE(connected);
    EXPECT_TRUE(noticed);
    EXPECT_EQ(served.value_or(Answer{}).status, 200);
    EXPECT_EQ(late.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
}

// Asks over many connections at once, a few times; answers how many answers were right.
int asks_over(std::size_t connections, const RunningFront& front) {
    int right = 0;
    std::vector<Peer> peers;
    peers.reserve(connections);
    while (peers.size() < connections) peers.push_back(front.peer());
    for (int round = 0; round < 5; ++round) {
        for (Peer& peer : peers) peer.send(request_text("POST", "/body", "", "hello"));
        for (Peer& peer : peers) right += peer.answer().value_or(Answer{}).body == "hello" ? 1 : 0;
    }
    return right;
}

TEST(FrontDeadlines, ServesManyConnectionsAtOnce) {
    RunningFront front(with_limits([](FrontLimits&) {}));
    std::atomic<int> served{0};
    std::vector<std::thread> clients(4);
    for (std::thread& client : clients) {
        client = std::thread([&] { served += asks_over(100, front); });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(served.load(), 2000);
}

TEST(FrontDeadlines, SurvivesPeersThatLeaveAtAnyPoint) {
    RunningFront front(with_limits([](FrontLimits&) {}));
    const std::string request = request_text("POST", "/body", "", "hello");
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
        Peer peer = front.peer();
        peer.send(std::string_view(request).substr(0, cut));
        if (cut % 2 == 0) peer.leave_rudely();
    }
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    Peer peer = front.peer();
    EXPECT_EQ(peer.ask(request).value_or(Answer{}).body, "hello");
}

TEST(FrontLog, WritesRequestsWithoutBodyOrQueryAndFewRefusals) {
    RunningFront front(with_limits([](FrontLimits&) {}));
    Peer peer = front.peer();
    ASSERT_TRUE(peer.ask(request_text("POST", "/echo?token=query-secret",
                                      "Authorization: Bearer header-secret\r\n", "body-secret")));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(peer.ask(request_text("GET", "/nowhere")));
    const std::string text = front.log_text();
    EXPECT_THAT(
        text,
        HasSubstr(
            R"("event":"http.request","listener":"test","method":"POST","path":"/echo","status":200)"));
    EXPECT_THAT(text, Not(HasSubstr("query-secret")));
    EXPECT_THAT(text, Not(HasSubstr("header-secret")));
    EXPECT_THAT(text, Not(HasSubstr("body-secret")));
    EXPECT_EQ(front->counters().refusals, 200U);
    std::size_t lines = 0;
    for (std::size_t at = text.find("http.refused"); at != std::string::npos;
         at = text.find("http.refused", at + 1)) {
        ++lines;
    }
    EXPECT_GE(lines, 1U);
    EXPECT_LT(lines, 200U);
}

}  // namespace
}  // namespace tollgate::transport::testing
