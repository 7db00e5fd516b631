#include "transport/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "running_front.h"
#include "scripted_server.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

class CurlErrorsTest : public ::testing::Test {
protected:
    Result<ClientReply> send(ClientRequest request) {
        return send_and_wait(client_, std::move(request));
    }

    CurlClient client_{CurlClient::Options{}};
};

TEST_F(CurlErrorsTest, CallsItUnavailableWhenNobodyListens) {
    const auto reply = send({.url = "http://127.0.0.1:" + std::to_string(unused_port()) + "/"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(reply.error().reason(), "could_not_connect");
}

TEST_F(CurlErrorsTest, CallsItUnavailableWhenTheNameIsUnknown) {
    const auto reply = send({.url = "http://nobody.invalid/"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::unavailable);
}

TEST_F(CurlErrorsTest, CallsItUnavailableWhenTlsFails) {
    // Answers the greeting with something that is not TLS.
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("\x16");
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const auto reply = send({.url = "https" + server.url().substr(4), .body = "pay"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(reply.error().reason(), "tls_failed");
}

TEST_F(CurlErrorsTest, CallsItUnavailableWhenTlsNeverFinishes) {
    ScriptedServer server([](Peer& peer, int) { peer.rest(); });
    const auto reply = send({.url = "https" + server.url().substr(4),
                             .body = "pay",
                             .connect_timeout = milliseconds(200)});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(reply.error().reason(), "timed_out");
}

TEST_F(CurlErrorsTest, CallsItUnknownWhenTheServerHangsUpAfterTheRequest) {
    ScriptedServer server([](Peer& peer, int) { peer.read_until("pay"); });
    const auto reply = send({.url = server.url(), .body = "pay"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown);
}

TEST_F(CurlErrorsTest, CallsItUnknownWhenTheServerResetsAfterTheRequest) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("pay");
        peer.leave_rudely();
    });
    const auto reply = send({.url = server.url(), .body = "pay"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown);
}

TEST_F(CurlErrorsTest, CallsItUnknownWhenTheReplyBreaksOff) {
    for (const std::string part :
         {"HTT", "HTTP/1.1 200 OK\r\nContent-Le",
          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf"}) {
        ScriptedServer server([&](Peer& peer, int) {
            peer.read_until("pay");
            peer.send(part);
        });
        const auto reply = send({.url = server.url(), .body = "pay"});
        ASSERT_FALSE(reply) << part;
        EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown) << part;
    }
}

TEST_F(CurlErrorsTest, CallsItUnknownWhenTheAnswerTakesTooLong) {
    ScriptedServer server([](Peer& peer, int) { peer.rest(); });
    const auto reply =
        send({.url = server.url(), .body = "pay", .total_timeout = milliseconds(200)});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown);
    EXPECT_EQ(reply.error().reason(), "timed_out");
}

TEST_F(CurlErrorsTest, CallsItUnknownWhenTheReplyIsTooLarge) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("pay");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
        peer.rest();
    });
    const auto reply = send({.url = server.url(), .body = "pay", .reply_bytes_max = 999});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown);
    EXPECT_EQ(reply.error().reason(), "reply_too_large");
    const auto fits = send({.url = server.url(), .body = "pay", .reply_bytes_max = 1000});
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits->body.size(), 1000U);
}

TEST_F(CurlErrorsTest, BoundsAReplyThatNeverEnds) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("pay");
        peer.send("HTTP/1.1 200 OK\r\n\r\n");
        while (peer.send(std::string(65536, 'x'))) {
        }
    });
    const auto reply = send({.url = server.url(), .body = "pay"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason(), "reply_too_large");
}

TEST_F(CurlErrorsTest, BoundsAHeadThatNeverEnds) {
    ScriptedServer server([](Peer& peer, int) {
        peer.read_until("pay");
        peer.send("HTTP/1.1 200 OK\r\n");
        while (peer.send("X-More: " + std::string(1000, 'x') + "\r\n")) {
        }
    });
    const auto reply = send({.url = server.url(), .body = "pay"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().reason(), "reply_too_large");
}

TEST_F(CurlErrorsTest, TakesAnyStatusForAValueAndFollowsNoRedirect) {
    ScriptedServer server([](Peer& peer, int connection) {
        peer.read_until("pay");
        peer.send(connection == 0
                      ? "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
                      : "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    });
    const auto redirect = send({.url = server.url(), .body = "pay"});
    ASSERT_TRUE(redirect);
    EXPECT_EQ(redirect->status, 302);
    EXPECT_EQ(server.connections(), 1);
    const auto failure = send({.url = server.url(), .body = "pay"});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->status, 500);
}

TEST_F(CurlErrorsTest, RefusesRequestsThatCannotBeSentAsTheyStand) {
    const std::vector<ClientRequest> wrong = {
        {.url = ""},
        {.url = "not a url"},
        {.url = "ftp://127.0.0.1/"},
        {.url = "file:///etc/passwd"},
        {.url = "http://user:word@127.0.0.1/"},
        {.method = "GET /x HTTP/1.1\r\nA: b\r\n", .url = "http://127.0.0.1/"},
        {.url = "http://127.0.0.1/", .headers = {{"X-A", "1\r\nX-B: 2"}}},
        {.url = "http://127.0.0.1/", .headers = {{"X A", "1"}}},
    };
    for (const ClientRequest& request : wrong) {
        const auto reply = send(request);
        ASSERT_FALSE(reply) << request.url;
        EXPECT_EQ(reply.error().code(), ErrorCode::invalid_argument) << request.url;
    }
}

TEST_F(CurlErrorsTest, SaysNothingOfTheUrlInItsErrors) {
    const auto reply =
        send({.url = "http://127.0.0.1:" + std::to_string(unused_port()) + "/p?secret=hunter2"});
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace tollgate::transport::testing
