// Requests through TLS: with curl, with the openssl program, and with a peer that speaks bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include <openssl/ssl.h>

#include "tls_peer.h"
#include "tls_test.h"
#include "transport/curl_client.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FrontTls : public TlsTest {
protected:
    static std::string url(const RunningFront& front, const std::string& path) {
        return "https://localhost:" + std::to_string(front.port()) + path;
    }
    static int status(TlsPeer& peer, std::string_view request) {
        return peer.ask(request).value_or(Answer{}).status;
    }
};

std::string megabyte() {
    std::string bytes(std::size_t{1} << 20U, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 23);
    return bytes;
}

TEST_F(FrontTls, ServesCurlWhichChecksTheCertificate) {
    RunningFront front(with_tls());
    CurlClient client({.ca_file = server_.certificate});
    const auto reply = send_and_wait(client, {.url = url(front, "/echo?a=1"), .body = "x=1"});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_THAT(reply->body, StartsWith("method=POST\ntarget=/echo?a=1\n"));
    EXPECT_THAT(reply->body, HasSubstr("body=x=1"));
    CurlClient stranger({.ca_file = client_.certificate});
    const auto refused = send_and_wait(stranger, {.url = url(front, "/echo")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(front->counters().requests, 1U);
}

TEST_F(FrontTls, CarriesAMegabyteBothWays) {
    RunningFront::Setup setup = with_tls();
    setup.limits.body_bytes_max = std::size_t{2} << 20U;
    RunningFront front(std::move(setup));
    CurlClient client({.ca_file = server_.certificate});
    const std::string body = megabyte();
    const auto reply = send_and_wait(
        client,
        {.url = url(front, "/body"), .body = body, .reply_bytes_max = std::size_t{2} << 20U});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, body);
}

TEST_F(FrontTls, KeepsOneConnectionForAHundredRequests) {
    RunningFront front(with_tls());
    CurlClient client({.ca_file = server_.certificate});
    for (int i = 0; i < 100; ++i) {
        const std::string body = "n=" + std::to_string(i);
        const auto reply = send_and_wait(
            client, {.url = url(front, "/body"), .body = body, .fresh_connection = false});
        ASSERT_TRUE(reply);
        ASSERT_EQ(reply->body, body);
    }
    EXPECT_EQ(front->counters().tls_handshakes, 1U);
    EXPECT_EQ(front->counters().requests, 100U);
}

TEST_F(FrontTls, ServesRequestsThatCameInOneRecordAndInOneFlight) {
    RunningFront front(with_tls());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    std::string all;
    for (int i = 0; i < 50; ++i) all += request_text("POST", "/body", "", std::to_string(i));
    ASSERT_TRUE(peer.send(all));
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(peer.answer().value_or(Answer{}).body, std::to_string(i));
    }
}

// More than a read's buffer is decrypted or waits inside OpenSSL, and no event tells of it.
TEST_F(FrontTls, LeavesNothingUnreadInside) {
    RunningFront::Setup setup = with_tls();
    setup.limits.body_bytes_max = std::size_t{4} << 20U;
    RunningFront front(std::move(setup));
    TlsPeer peer = TlsPeer::connect_to(front.port());
    const std::string body = megabyte() + megabyte() + megabyte() + megabyte();
    for (const std::size_t size :
         {16'383U, 16'384U, 16'385U, 65'535U, 65'536U, 131'072U, 4U << 20U}) {
        const auto answer = peer.ask(request_text("POST", "/body", "", body.substr(0, size)));
        ASSERT_TRUE(answer) << size;
        ASSERT_EQ(answer->body, body.substr(0, size)) << size;
    }
}

TEST_F(FrontTls, TakesARequestByteByByteEachInItsRecord) {
    RunningFront front(with_tls());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    for (const char byte : request_text("POST", "/body", "", "slow")) {
        ASSERT_TRUE(peer.send({&byte, 1}));
    }
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "slow");
}

TEST_F(FrontTls, AnswersFromAnotherThread) {
    RunningFront::Setup setup = with_tls();
    std::thread later;
    setup.router.add("GET", "/later", [&](ServerRequest&, Ticket ticket) {
        later = std::thread([ticket = std::move(ticket)]() mutable {
            ticket.complete(text_answer(std::string(300'000, 'l')));
        });
    });
    RunningFront front(std::move(setup));
    TlsPeer peer = TlsPeer::connect_to(front.port());
    // The second request waits, decrypted, until the first is answered.
    ASSERT_TRUE(peer.send(request_text("GET", "/later") + request_text("GET", "/echo")));
    EXPECT_EQ(peer.answer().value_or(Answer{}).body.size(), 300'000U);
    EXPECT_THAT(peer.answer().value_or(Answer{}).body, HasSubstr("target=/echo"));
    later.join();
}

TEST_F(FrontTls, SendsALargeAnswerToASlowReader) {
    RunningFront::Setup setup = with_tls();
    setup.router.add("GET", "/big", at_once([](const ServerRequest&) {
                         return text_answer(std::string(std::size_t{32} << 20U, 'x'));
                     }));
    RunningFront front(std::move(setup));
    TlsPeer peer = TlsPeer::connect_to(front.port());
    EXPECT_EQ(peer.ask(request_text("GET", "/big")).value_or(Answer{}).body.size(), 32U << 20U);
    EXPECT_EQ(status(peer, request_text("GET", "/echo")), 200);
}

TEST_F(FrontTls, SpeaksTls12And13AndNothingOlder) {
    RunningFront front(with_tls());
    TlsPeer newest = TlsPeer::connect_to(front.port());
    EXPECT_EQ(status(newest, request_text("GET", "/echo")), 200);
    EXPECT_EQ(newest.version(), "TLSv1.3");
    EXPECT_EQ(newest.protocol(), "http/1.1");
    TlsPeer older = TlsPeer::connect_to(front.port(), {.version_max = TLS1_2_VERSION});
    EXPECT_EQ(status(older, request_text("GET", "/echo")), 200);
    EXPECT_EQ(older.version(), "TLSv1.2");
    TlsPeer oldest = TlsPeer::connect_to(front.port(), {.version_max = TLS1_1_VERSION});
    EXPECT_FALSE(oldest.shake_hands());
    EXPECT_TRUE(becomes_true([&] { return front->counters().tls_failures == 1; }));
}

TEST_F(FrontTls, RefusesProtocolsThatAreNotHttp11) {
    RunningFront front(with_tls());
    EXPECT_FALSE(TlsPeer::connect_to(front.port(), {.protocol = "h2"}).shake_hands());
    EXPECT_TRUE(TlsPeer::connect_to(front.port(), {.protocol = ""}).shake_hands());
}

TEST_F(FrontTls, ResumesSessionsInBothVersions) {
    RunningFront front(with_tls());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsPeer first = TlsPeer::connect_to(front.port(), {.version_max = version});
        ASSERT_EQ(status(first, request_text("GET", "/echo")), 200);
        EXPECT_FALSE(first.resumed());
        TlsPeer second =
            TlsPeer::connect_to(front.port(), {.version_max = version, .session = first.session()});
        ASSERT_EQ(status(second, request_text("GET", "/echo")), 200);
        EXPECT_TRUE(second.resumed()) << second.version();
    }
}

TEST_F(FrontTls, ChangesKeysButDoesNotRenegotiate) {
    RunningFront front(with_tls());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(status(peer, request_text("GET", "/echo")), 200);
        ASSERT_TRUE(peer.change_keys());
    }
    TlsPeer older = TlsPeer::connect_to(front.port(), {.version_max = TLS1_2_VERSION});
    ASSERT_EQ(status(older, request_text("GET", "/echo")), 200);
    EXPECT_FALSE(older.ask_to_renegotiate());
}

TEST_F(FrontTls, AnswersAPeerThatFinishedInTlsOrInTcpAlone) {
    RunningFront front(with_tls());
    TlsPeer in_tls = TlsPeer::connect_to(front.port());
    ASSERT_TRUE(in_tls.send(request_text("GET", "/echo")));
    ASSERT_TRUE(in_tls.finish_in_tls());
    EXPECT_EQ(in_tls.answer().value_or(Answer{}).status, 200);
    EXPECT_TRUE(in_tls.is_ended());
    TlsPeer in_tcp = TlsPeer::connect_to(front.port());
    ASSERT_TRUE(in_tcp.send(request_text("GET", "/echo")));
    in_tcp.finish_sending();
    EXPECT_EQ(in_tcp.answer().value_or(Answer{}).status, 200);
    EXPECT_TRUE(in_tcp.is_ended());
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
}

TEST_F(FrontTls, DropsWhatFollowsTheEndInTls) {
    RunningFront front(with_tls());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    ASSERT_EQ(status(peer, request_text("GET", "/echo")), 200);
    peer.finish_in_tls_and_go_on(std::string(2'000, '\x17'));
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    TlsPeer next = TlsPeer::connect_to(front.port());
    EXPECT_EQ(status(next, request_text("GET", "/echo")), 200);
}

// Answers that wait, so that what the peer does meanwhile is there before the front looks.
class FrontTlsLater : public FrontTls {
protected:
    FrontTlsLater() {
        RunningFront::Setup setup = with_tls();
        setup.limits.body_bytes_max = std::size_t{2} << 20U;
        setup.limits.ticket_time = std::chrono::minutes(5);
        setup.threads = 1;  // Has begun when it has served something.
        setup.router.add("GET", "/later", [this](ServerRequest&, Ticket ticket) {
            const std::lock_guard lock(mutex_);
            tickets_.push_back(std::move(ticket));
        });
        front_.emplace(std::move(setup));
    }
    TlsPeer waiting_peer() {
        TlsPeer peer = TlsPeer::connect_to((*front_).port());
        EXPECT_TRUE(peer.send(request_text("GET", "/later")));
        EXPECT_TRUE(becomes_true([this] {
            const std::lock_guard lock(mutex_);
            return tickets_.size() == 1;
        }));
        return peer;
    }
    void answer() {
        const std::lock_guard lock(mutex_);
        tickets_.back().complete(text_answer(std::string(100'000, 'l')));
        tickets_.clear();
    }

    std::mutex mutex_;
    std::vector<Ticket> tickets_;
    std::optional<RunningFront> front_;
};

TEST_F(FrontTlsLater, AnswersWhatWasWholeBeforeTheConnectionWasCut) {
    TlsPeer peer = waiting_peer();
    ASSERT_TRUE(peer.send(request_text("POST", "/body", "", "whole")));
    ASSERT_TRUE(peer.Peer::send("\x17\x03\x03"));  // A record begins, and never ends.
    peer.finish_sending();
    answer();
    EXPECT_EQ(peer.answer().value_or(Answer{}).body.size(), 100'000U);
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "whole");
    EXPECT_TRUE(peer.is_ended());
}

// The socket's own error is EPIPE now, which raises a signal unless it is asked not to.
TEST_F(FrontTlsLater, SurvivesAPeerThatFinishesAndThenLeavesRudely) {
    static std::atomic<int> signals{0};
    TlsPeer peer = waiting_peer();
    // Now, as the parser's library has the whole process ignore it when the front begins to run.
    const auto before = std::signal(SIGPIPE, [](int) { ++signals; });
    peer.finish_sending();
    peer.leave_rudely();
    answer();
    EXPECT_TRUE(becomes_true([&] { return (*front_)->counters().connections == 0; }));
    std::signal(SIGPIPE, before);
    EXPECT_EQ(signals.load(), 0);
}

// As many bytes as are read before others have their turn, and a few that then wait inside.
TEST_F(FrontTlsLater, ComesBackForBytesThatNoEventTellsOf) {
    constexpr std::size_t kBeforeTheTurn = std::size_t{16} * 65'536;
    for (const std::size_t more : {1U, 60U, 200U}) {
        TlsPeer peer = waiting_peer();
        std::string request = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1234567\r\n\r\n";
        const std::size_t size = kBeforeTheTurn + more - request.size();
        request.replace(request.find("1234567"), 7, std::to_string(size));
        ASSERT_GE(size, 1'000'000U);  // As many digits as above.
        ASSERT_TRUE(peer.send(request + std::string(size, 'b')));
        answer();
        EXPECT_EQ(peer.answer().value_or(Answer{}).body.size(), 100'000U);
        EXPECT_EQ(peer.answer().value_or(Answer{}).body.size(), size) << more;
    }
}

TEST_F(FrontTls, SurvivesPeersThatLeaveRudely) {
    RunningFront::Setup setup = with_tls();
    setup.router.add("GET", "/big", at_once([](const ServerRequest&) {
                         return text_answer(std::string(std::size_t{8} << 20U, 'x'));
                     }));
    RunningFront front(std::move(setup));
    for (int i = 0; i < 20; ++i) {
        TlsPeer peer = TlsPeer::connect_to(front.port());
        ASSERT_TRUE(peer.send(request_text("GET", i % 2 == 0 ? "/big" : "/echo")));
        if (i % 3 == 0) {
            ASSERT_TRUE(peer.read_until("\r\n\r\n"));
        }
        peer.leave_rudely();
    }
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    TlsPeer next = TlsPeer::connect_to(front.port());
    EXPECT_EQ(status(next, request_text("GET", "/echo")), 200);
}

TEST_F(FrontTls, EndsWithACloseNotify) {
    RunningFront front(with_tls());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    ASSERT_EQ(status(peer, request_text("GET", "/echo", "Connection: close\r\n")), 200);
    EXPECT_TRUE(peer.is_ended());
    EXPECT_TRUE(peer.told_of_the_end());
}

TEST_F(FrontTls, ServesManyConnectionsAtOnceWhileItsFilesAreReloaded) {
    RunningFront::Setup setup = with_tls();
    setup.threads = 3;
    RunningFront front(std::move(setup));
    constexpr int kThreads = 4;
    constexpr int kConnections = 8;
    std::atomic<int> served{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < kThreads; ++i) {
        clients.emplace_back([&] {
            std::vector<TlsPeer> peers;
            for (int j = 0; j < kConnections; ++j) {
                peers.push_back(TlsPeer::connect_to(front.port()));
            }
            for (int round = 0; round < 5; ++round) {
                for (TlsPeer& peer : peers) {
                    if (status(peer, request_text("POST", "/body", "", "x")) == 200) ++served;
                }
            }
        });
    }
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(front->reload_tls());
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(served.load(), kThreads * kConnections * 5);
    EXPECT_EQ(front->counters().tls_handshakes, std::uint64_t{kThreads * kConnections});
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
}

TEST_F(FrontTls, ServesPlainListenersBesideIt) {
    RunningFront plain({.router = echo_router()});
    EXPECT_TRUE(plain->reload_tls());
    Peer peer = plain.peer();
    EXPECT_EQ(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    // TLS on the plain port: refused at the first byte.
    EXPECT_FALSE(TlsPeer::connect_to(plain.port()).shake_hands());
}

}  // namespace
}  // namespace tollgate::transport::testing
