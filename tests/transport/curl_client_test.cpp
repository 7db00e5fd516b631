#include "transport/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "running_front.h"
#include "scripted_server.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CurlClientTest : public ::testing::Test {
protected:
    Result<ClientReply> send(ClientRequest request) {
        return send_and_wait(client_, std::move(request));
    }

    CurlClient client_{CurlClient::Options{}};
};

TEST_F(CurlClientTest, SendsWhatItIsGivenAndNothingElse) {
    std::string seen;
    ScriptedServer server([&](Peer& peer, int) {
        peer.read_until("a=1&b=2");
        seen = peer.buffered();
        peer.send(
            "HTTP/1.1 201 Created\r\nX-One: 1\r\nX-Empty:\r\nX-One: 2\r\nContent-Length: "
            "4\r\n\r\ndone");
    });
    const auto reply =
        send({.url = server.url("/a/../b?x=%20y"),
              .headers = {{"X-First", "1"}, {"X-Second", "2"}, {"X-Empty", ""}, {"X-First", "3"}},
              .body = "a=1&b=2"});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 201);
    EXPECT_EQ(reply->body, "done");
    EXPECT_EQ(reply->remote_address, "127.0.0.1");
    EXPECT_EQ(
        reply->headers,
        (HeaderList{{"X-One", "1"}, {"X-Empty", ""}, {"X-One", "2"}, {"Content-Length", "4"}}));
    EXPECT_GE(reply->times.total, reply->times.first_byte);
    EXPECT_GE(reply->times.first_byte, reply->times.dns + reply->times.connect);
    EXPECT_GT(reply->times.connect.count(), 0);
    EXPECT_EQ(reply->times.tls.count(), 0);
    EXPECT_THAT(seen, StartsWith("POST /a/../b?x=%20y HTTP/1.1\r\n"));
    EXPECT_THAT(seen, HasSubstr("X-First: 1\r\nX-Second: 2\r\nX-Empty:\r\nX-First: 3\r\n"));
    EXPECT_THAT(seen, AllOf(Not(HasSubstr("Expect")), Not(HasSubstr("Content-Type")),
                            Not(HasSubstr("Accept-Encoding"))));
}

TEST_F(CurlClientTest, HandsTheBodyToASinkAndKeepsNothingOfIt) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
    });
    std::string taken;
    const auto take = [&](std::string_view piece) {
        taken += piece;
        return true;
    };
    const auto reply = send({.method = "GET", .url = server.url("/"), .body_sink = take});
    ASSERT_TRUE(reply);
    EXPECT_EQ(taken, "0123456789");
    EXPECT_EQ(reply->body, "");
    taken.clear();
    const auto too_large =
        send({.method = "GET", .url = server.url("/"), .reply_bytes_max = 9, .body_sink = take});
    EXPECT_EQ(too_large.error().reason(), "reply_too_large");
    EXPECT_LE(taken.size(), 9U);
    const auto refused =
        send({.method = "GET", .url = server.url("/"), .body_sink = [](auto) { return false; }});
    EXPECT_EQ(refused.error().reason(), "reply_not_taken");
}

TEST_F(CurlClientTest, UsesTheMethodItIsTold) {
    RunningFront front({.router = echo_router()});
    const std::string url = "http://127.0.0.1:" + std::to_string(front.port()) + "/echo";
    for (const std::string method : {"GET", "POST", "DELETE"}) {
        const auto reply = send({.method = method, .url = url});
        ASSERT_TRUE(reply) << method;
        EXPECT_THAT(reply->body, StartsWith("method=" + method + "\n"));
    }
    const auto head = send({.method = "HEAD", .url = url});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    EXPECT_EQ(head->body, "");
}

TEST_F(CurlClientTest, NeverWaitsForContinue) {
    std::string head;
    ScriptedServer server([&](Peer& peer, int) {
        peer.read_until("END");
        head = peer.buffered().substr(0, peer.buffered().find("\r\n\r\n"));
        peer.send(kOk);
    });
    ASSERT_TRUE(send({.url = server.url(), .body = std::string(2'000'000, 'z') + "END"}));
    EXPECT_THAT(head, Not(HasSubstr("100-continue")));
}

TEST_F(CurlClientTest, SkipsInterimAnswers) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("pay");
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        peer.send(kOk);
    });
    const auto reply = send({.url = server.url(), .body = "pay"});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers, (HeaderList{{"Content-Length", "2"}}));
}

TEST_F(CurlClientTest, IgnoresProxiesInTheEnvironment) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("pay");
        peer.send(kOk);
    });
    const std::string proxy = "http://127.0.0.1:" + std::to_string(unused_port());
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
        ::setenv(name, proxy.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread reads it.
    }
    const auto reply = send({.url = server.url(), .body = "pay"});
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
        ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    }
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
}

// Answers the first request on each connection and hangs up on the second one as soon as it has
// come: a server that closes idle connections, in the worst moment.
class DyingServer {
public:
    int requests() const { return requests_.load(); }
    std::string url() const { return server_.url(); }

private:
    std::atomic<int> requests_{0};
    ScriptedServer server_{[this](Peer& peer, int) {
        if (!peer.read_until("pay")) return;
        ++requests_;
        peer.send(kOk);
        const bool is_second_already = peer.buffered().find("again") != std::string::npos;
        if (!is_second_already && peer.read_until("again")) ++requests_;
    }};
};

TEST(CurlClientRepeats, NothingOnAConnectionOfItsOwn) {
    DyingServer server;
    CurlClient client{CurlClient::Options{}};
    ASSERT_TRUE(
        send_and_wait(client, {.url = server.url(), .body = "pay", .fresh_connection = false}));
    // A kept connection is there now, and would die under this request.
    ASSERT_TRUE(send_and_wait(
        client, {.url = server.url(), .body = "pay again", .fresh_connection = true}));
    EXPECT_EQ(server.requests(), 2);
}

TEST(CurlClientRepeats, NothingWhenAConnectionOfItsOwnDies) {
    std::atomic<int> requests{0};
    ScriptedServer server([&](Peer& peer, int) {
        if (peer.read_until("pay")) ++requests;
    });
    CurlClient client{CurlClient::Options{}};
    const auto reply = send_and_wait(client, {.url = server.url(), .body = "pay"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown);
    EXPECT_EQ(requests.load(), 1);
}

TEST(CurlClientRepeats, SilentlyOnAKeptConnectionSoMoneyNeverUsesOne) {
    DyingServer server;
    CurlClient client{CurlClient::Options{}};
    ASSERT_TRUE(
        send_and_wait(client, {.url = server.url(), .body = "pay", .fresh_connection = false}));
    ASSERT_TRUE(send_and_wait(
        client, {.url = server.url(), .body = "pay again", .fresh_connection = false}));
    // Two calls, three requests. Should this fail, the library has changed its ways.
    EXPECT_EQ(server.requests(), 3);
}

TEST_F(CurlClientTest, ReusesAConnectionWhenItMay) {
    RunningFront front({.router = echo_router()});
    const std::string url = "http://127.0.0.1:" + std::to_string(front.port()) + "/body";
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(send({.url = url, .body = "x", .fresh_connection = false}));
    }
    EXPECT_EQ(front->counters().connections, 1U);
    EXPECT_EQ(front->counters().requests, 3U);
}

// The loop goes on watching an idle connection for the next exchange.
TEST_F(CurlClientTest, TakesNoNoticeOfAnIdleConnectionThatIsClosed) {
    std::atomic<bool> may_close = false;
    ScriptedServer server([&](Peer& peer, int) {
        peer.read_until("x");
        peer.send(kOk);
        may_close.wait(false);
    });
    ClientRequest request{.url = server.url(), .body = "x", .fresh_connection = false};
    ASSERT_TRUE(send(request));
    may_close = true;
    may_close.notify_all();
    // Whenever it hears of the end: it does not go on hearing of it.
    const auto began = system_clock().monotonic();
    for (int turn = 0; turn < 3; ++turn) client_.run_once(milliseconds(100));
    EXPECT_GE(system_clock().monotonic() - began, milliseconds(190));
    ASSERT_TRUE(send(request));
    EXPECT_EQ(server.connections(), 2);
    ASSERT_TRUE(send(request));
    EXPECT_EQ(server.connections(), 3);
}

TEST_F(CurlClientTest, RunsManyAtOnceAndKeepsTheRestInLine) {
    RunningFront front({.router = echo_router()});
    CurlClient client({.in_flight_max = 8});
    const std::string url = "http://127.0.0.1:" + std::to_string(front.port()) + "/body";
    int good = 0;
    int done = 0;
    for (int i = 0; i < 100; ++i) {
        client.start({.url = url, .body = std::to_string(i)},
                     [&, i](const Result<ClientReply>& reply) {
                         good += reply && reply->body == std::to_string(i) ? 1 : 0;
                         ++done;
                     });
    }
    EXPECT_EQ(client.in_flight(), 100U);
    EXPECT_TRUE(becomes_true([&] {
        client.run_once(milliseconds(100));
        return done == 100;
    }));
    EXPECT_EQ(good, 100);
    EXPECT_EQ(client.in_flight(), 0U);
}

TEST_F(CurlClientTest, LetsACompletionStartTheNextCall) {
    RunningFront front({.router = echo_router()});
    const std::string url = "http://127.0.0.1:" + std::to_string(front.port()) + "/body";
    int left = 5;
    std::function<void(Result<ClientReply>)> next = [&](Result<ClientReply> reply) {
        ASSERT_TRUE(reply);
        if (--left > 0) client_.start({.url = url, .body = "x"}, next);
    };
    client_.start({.url = url, .body = "x"}, next);
    EXPECT_TRUE(becomes_true([&] {
        client_.run_once(milliseconds(100));
        return left == 0;
    }));
}

TEST_F(CurlClientTest, WakesForAStartFromAnotherThread) {
    RunningFront front({.router = echo_router()});
    const std::string url = "http://127.0.0.1:" + std::to_string(front.port()) + "/body";
    std::atomic<bool> done{false};
    const auto began = system_clock().monotonic();
    std::thread starter([&] {
        client_.start({.url = url, .body = "x"}, [&](const Result<ClientReply>&) { done = true; });
    });
    while (!done) client_.run_once(std::chrono::minutes(5));
    starter.join();
    EXPECT_LT(system_clock().monotonic() - began, std::chrono::minutes(4));
}

TEST_F(CurlClientTest, WakesWhenItIsToldTo) {
    const auto began = system_clock().monotonic();
    std::thread waker([&] { client_.wake(); });
    client_.run_once(std::chrono::minutes(5));
    waker.join();
    EXPECT_LT(system_clock().monotonic() - began, std::chrono::minutes(4));
}

TEST_F(CurlClientTest, TellsTheSentFromTheUnsentWhenItCancels) {
    std::atomic<bool> seen{false};
    ScriptedServer server([&](Peer& peer, int) {
        peer.read_until("pay");
        seen = true;
        peer.rest();
    });
    CurlClient client({.in_flight_max = 1});
    std::vector<ErrorCode> codes;
    const auto note = [&](const Result<ClientReply>& reply) {
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().reason(), "cancelled");
        codes.push_back(reply.error().code());
    };
    client.start({.url = server.url(), .body = "pay"}, note);
    client.start({.url = server.url(), .body = "pay"}, note);  // Waits in line.
    ASSERT_TRUE(becomes_true([&] {
        client.run_once(milliseconds(10));
        return seen.load();
    }));
    client.cancel_all();
    EXPECT_EQ(codes, (std::vector<ErrorCode>{ErrorCode::outcome_unknown, ErrorCode::unavailable}));
    EXPECT_EQ(client.in_flight(), 0U);
}

TEST_F(CurlClientTest, EndsEverythingWhenItGoes) {
    ScriptedServer server([](Peer& peer, int) { peer.rest(); });
    int ended = 0;
    {
        CurlClient client{CurlClient::Options{}};
        for (int i = 0; i < 3; ++i) {
            client.start({.url = server.url()},
                         [&](const Result<ClientReply>& reply) { ended += reply ? 0 : 1; });
        }
        client.run_once(milliseconds(0));
    }
    EXPECT_EQ(ended, 3);
}

}  // namespace
}  // namespace tollgate::transport::testing
