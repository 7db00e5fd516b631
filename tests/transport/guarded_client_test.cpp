// The guard where it counts: at the socket, against servers on loopback that must see nobody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include "running_front.h"
#include "scripted_server.h"
#include "transport/address_guard.h"
#include "transport/curl_client.h"
#include "transport/listening.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;

std::shared_ptr<const AddressGuard> guard(std::vector<std::string> networks = {}) {
    return std::make_shared<AddressGuard>(
        *AddressGuard::make({.allowed_networks = std::move(networks)}));
}

void expect_blocked(const Result<ClientReply>& reply, const std::string& url) {
    ASSERT_FALSE(reply) << url;
    EXPECT_EQ(reply.error().code(), ErrorCode::failed_precondition) << url;
    EXPECT_EQ(reply.error().reason(), kBlockedAddress) << url;
}

// Every one of them leads an unguarded client to this machine.
std::vector<std::string> forbidden(int v4_port, int v6_port) {
    std::vector<std::string> urls;
    for (const char* host : {"127.0.0.1",
                             "localhost",
                             "shop.localhost",
                             "LOCALHOST",
                             "127.1",
                             "127.0.1",
                             "2130706433",
                             "0x7f000001",
                             "0x7f.1",
                             "0X7F.0.0.1",
                             "0177.0.0.1",
                             "0177.1",
                             "017700000001",
                             "127.8.9.1",
                             "%31%32%37.0.0.1",
                             "0.0.0.0",
                             "0",
                             "0x0",
                             "[::ffff:127.0.0.1]",
                             "[::ffff:7f00:1]",
                             "[0:0:0:0:0:ffff:127.0.0.1]"}) {
        urls.push_back("http://" + std::string(host) + ":" + std::to_string(v4_port) + "/body");
    }
    for (const char* host : {"[::1]", "[0:0:0:0:0:0:0:1]", "[::]"}) {
        urls.push_back("http://" + std::string(host) + ":" + std::to_string(v6_port) + "/body");
    }
    return urls;
}

class GuardedClient : public ::testing::Test {
protected:
    RunningFront v4_{{.router = echo_router(), .address = "0.0.0.0"}};
    CurlClient client_{CurlClient::Options{}};
};

// A connection waits in the listener's queue as soon as the client's side has it.
int connections_waiting(const Descriptor& listener) {
    int count = 0;
    while (Descriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))) ++count;
    return count;
}

TEST_F(GuardedClient, ConnectsToNoForbiddenAddressHoweverItIsSpelled) {
    const Descriptor v4 = *listen_on("0.0.0.0", 0);
    const Descriptor v6 = *listen_on("::1", 0);
    const auto urls = forbidden(port_of(v4.get()), port_of(v6.get()));
    ASSERT_GE(urls.size(), 20U);
    for (const std::string& url : urls) {
        expect_blocked(send_and_wait(client_, {.url = url, .body = "x", .guard = guard()}), url);
        EXPECT_EQ(connections_waiting(v4) + connections_waiting(v6), 0) << url;
        // Without the guard it would have come here: nobody answers, but the connection is there.
        ASSERT_FALSE(
            send_and_wait(client_, {.url = url, .body = "x", .total_timeout = milliseconds(50)}));
        EXPECT_EQ(connections_waiting(v4) + connections_waiting(v6), 1) << url;
    }
}

TEST_F(GuardedClient, TheSameSpellingsReachTheServerWhereTheNetworkIsListed) {
    RunningFront v6({.router = echo_router(), .address = "::1"});
    const auto open = guard({"127.0.0.0/8", "0.0.0.0/8", "::/127"});
    for (const std::string& url : forbidden(v4_.port(), v6.port())) {
        const auto reply = send_and_wait(client_, {.url = url, .body = "x", .guard = open});
        ASSERT_TRUE(reply) << url << ": " << reply.error().message();
        EXPECT_EQ(reply->body, "x") << url;
    }
}

TEST_F(GuardedClient, RefusesTheRestOfThePrivateWorldWithoutAPacket) {
    for (const char* host :
         {"169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "[fe80::1]",
          "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255"}) {
        const std::string url = "http://" + std::string(host) + "/";
        expect_blocked(send_and_wait(client_, {.url = url, .guard = guard()}), url);
    }
    for (const char* url :
         {"http://user@127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/"}) {
        const auto reply = send_and_wait(client_, {.url = url, .guard = guard()});
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code(), ErrorCode::invalid_argument) << url;
    }
}

// A kept connection opens no socket, so that the first check never sees it.
TEST_F(GuardedClient, DoesNotUseAConnectionThatAnUnguardedRequestLeftOpen) {
    const std::string url = "http://127.0.0.1:" + std::to_string(v4_.port()) + "/body";
    ASSERT_TRUE(send_and_wait(client_, {.url = url, .body = "x", .fresh_connection = false}));
    expect_blocked(
        send_and_wait(client_,
                      {.url = url, .body = "x", .fresh_connection = false, .guard = guard()}),
        url);
    EXPECT_EQ(v4_->counters().requests, 1U);
    const auto listed = send_and_wait(
        client_,
        {.url = url, .body = "x", .fresh_connection = false, .guard = guard({"127.0.0.1"})});
    ASSERT_TRUE(listed);
    EXPECT_EQ(v4_->counters().requests, 2U);
}

TEST_F(GuardedClient, FailsForWhatHappenedAtTheAddressThatWasLetThrough) {
    // localhost is ::1 and 127.0.0.1; only the second is listed, and nobody is there.
    const std::string url = "http://localhost:" + std::to_string(unused_port()) + "/";
    const auto reply = send_and_wait(client_, {.url = url, .guard = guard({"127.0.0.0/8"})});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason(), "could_not_connect");
    EXPECT_EQ(reply.error().code(), ErrorCode::unavailable);
}

TEST_F(GuardedClient, TracesTellOfFailuresWhatRepliesTellOfThemselves) {
    const auto trace = std::make_shared<ExchangeTrace>();
    const std::string url = "http://127.0.0.1:" + std::to_string(v4_.port()) + "/body";
    expect_blocked(send_and_wait(client_, {.url = url, .guard = guard(), .trace = trace}), url);
    EXPECT_EQ(trace->remote_address, "127.0.0.1");

    *trace = {};
    const auto reply = send_and_wait(client_, {.url = url, .body = "x", .trace = trace});
    ASSERT_TRUE(reply);
    EXPECT_EQ(trace->remote_address, reply->remote_address);
    EXPECT_EQ(trace->times.total, reply->times.total);
    EXPECT_GT(trace->times.total.count(), 0);

    *trace = {};
    const std::string nobody = "http://127.0.0.1:" + std::to_string(unused_port()) + "/";
    ASSERT_FALSE(send_and_wait(client_, {.url = nobody, .trace = trace}));
    EXPECT_EQ(trace->remote_address, "127.0.0.1");

    *trace = {};
    ScriptedServer silent([](Peer& peer, int) { peer.rest(); });
    ASSERT_FALSE(send_and_wait(
        client_,
        {.url = silent.url(), .body = "pay", .total_timeout = milliseconds(200), .trace = trace}));
    EXPECT_EQ(trace->remote_address, "127.0.0.1");
    EXPECT_GE(trace->times.total, milliseconds(200));
    EXPECT_GT(trace->times.connect.count(), 0);
    EXPECT_EQ(trace->times.first_byte.count(), 0);
}

TEST_F(GuardedClient, TellsWhereTheTimeWent) {
    ScriptedServer server([](Peer& peer, int) {
        if (!peer.read_until("pay") || !peer.send(kOk)) return;
        if (peer.read_until("again")) peer.send(kOk);
    });
    const auto first =
        send_and_wait(client_, {.url = server.url(), .body = "pay", .fresh_connection = false});
    ASSERT_TRUE(first);
    EXPECT_GT(first->times.connect.count(), 0);
    EXPECT_GT(first->times.first_byte, first->times.connect);
    EXPECT_GE(first->times.total, first->times.first_byte);
    const auto kept =
        send_and_wait(client_, {.url = server.url(), .body = "again", .fresh_connection = false});
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->times.connect.count(), 0);
    EXPECT_EQ(kept->times.tls.count(), 0);
    EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace tollgate::transport::testing
