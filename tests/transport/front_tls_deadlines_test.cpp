// Peers that stall, talk nonsense or plain HTTP where a handshake should be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fakes.h"
#include "tls_peer.h"
#include "tls_test.h"

namespace tollgate::transport::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class FrontTlsDeadlines : public TlsTest {
protected:
    FrontTlsDeadlines() { server_ = write_tls_files(folder_, "server", clock_.now()); }

    RunningFront::Setup by_hand() {
        RunningFront::Setup setup = with_tls();
        setup.clock = &clock_;
        // What came first has been looked at when what came later is answered: a second thread
        // might still hold it at the one look at deadlines that a clock set by hand allows.
        setup.threads = 1;
        setup.limits.request_time = milliseconds(10'000);
        return setup;
    }

    tollgate::testing::HandClock clock_;
};

TEST_F(FrontTlsDeadlines, DropsAHandshakeThatStalls) {
    RunningFront front(by_hand());
    for (const std::size_t sent : {1U, 5U, 100U}) {
        SCOPED_TRACE(sent);
        const auto failures = front->counters().tls_failures;
        TlsPeer peer = TlsPeer::connect_to(front.port());
        peer.send_hello_in_part(sent);
        ASSERT_TRUE(becomes_true([&] { return front->counters().connections == 1; }));
        clock_.pass(milliseconds(9'990));
        // Others are served meanwhile, and it is still there.
        TlsPeer other = TlsPeer::connect_to(front.port());
        ASSERT_EQ(other.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
        EXPECT_EQ(front->counters().connections, 2U);
        EXPECT_EQ(front->counters().tls_failures, failures);
        other.leave();
        clock_.pass(milliseconds(110));  // Past it, and to the next look at deadlines.
        EXPECT_TRUE(becomes_true([&] { return front->counters().tls_failures == failures + 1; }));
        EXPECT_TRUE(peer.Peer::ended_in_order());
        peer.leave();
        EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    }
    EXPECT_TRUE(becomes_true([&] { return front.has_logged("the handshake took too long"); }))
        << front.log_text();
}

TEST_F(FrontTlsDeadlines, GivesNoMoreTimeForEachByteOfAHandshake) {
    RunningFront front(by_hand());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    peer.send_hello_in_part(50);
    // Bytes of a long hello, for as long as it is let: a renewed deadline would never come.
    EXPECT_TRUE(becomes_true([&] {
        clock_.pass(milliseconds(500));
        peer.Peer::send(std::string(1, '\0'));
        return front->counters().tls_failures == 1;
    }));
    EXPECT_TRUE(becomes_true([&] { return front.has_logged("the handshake took too long"); }))
        << front.log_text();
}

TEST_F(FrontTlsDeadlines, ClosesASilentPeerWithoutAWord) {
    RunningFront front(by_hand());
    Peer peer = front.peer();
    ASSERT_TRUE(becomes_true([&] { return front->counters().connections == 1; }));
    clock_.pass(milliseconds(10'000));
    EXPECT_TRUE(peer.is_ended());
    EXPECT_TRUE(becomes_true([&] { return front->counters().connections == 0; }));
    EXPECT_EQ(front->counters().tls_failures, 0U);
}

TEST_F(FrontTlsDeadlines, TimesARequestOverTlsAsOneWithout) {
    RunningFront front(by_hand());
    TlsPeer slow = TlsPeer::connect_to(front.port());
    ASSERT_TRUE(slow.send("POST /echo HTT"));
    ASSERT_TRUE(becomes_true([&] { return front->counters().tls_handshakes == 1; }));
    // Waits until it has been read: the deadline begins there.
    EXPECT_TRUE(becomes_true([&] {
        clock_.pass(milliseconds(500));
        return front->counters().refusals == 1;
    }));
    EXPECT_EQ(slow.answer().value_or(Answer{}).status, 408);
    EXPECT_TRUE(slow.is_ended());
}

// Records that hold no request wake the front; they must not keep the connection alive.
TEST_F(FrontTlsDeadlines, GivesNoMoreTimeForKeyChanges) {
    RunningFront front(by_hand());
    TlsPeer peer = TlsPeer::connect_to(front.port());
    ASSERT_TRUE(peer.shake_hands());
    EXPECT_TRUE(becomes_true([&] {
        peer.change_keys();
        peer.send_nothing();
        clock_.pass(milliseconds(100));
        return front->counters().connections == 0;
    }));
    EXPECT_EQ(front->counters().requests, 0U);
}

TEST_F(FrontTlsDeadlines, ClosesGarbageAndCountsIt) {
    RunningFront front(by_hand());
    const std::string zeros(64, '\0');
    for (const std::string& garbage : {zeros, "\x16garbage that is no hello at all" + zeros,
                                       std::string("\x16\x03\x01\x00\x05", 5) + "hello" + zeros,
                                       std::string("\x80\x2e\x01\x00\x02", 5) + zeros}) {
        const auto failures = front->counters().tls_failures;
        Peer peer = front.peer();
        ASSERT_TRUE(peer.send(garbage));
        EXPECT_TRUE(becomes_true([&] { return front->counters().tls_failures == failures + 1; }));
        peer.rest();  // At most an alert; then it ends.
    }
    EXPECT_EQ(front->counters().requests, 0U);
    TlsPeer good = TlsPeer::connect_to(front.port());
    EXPECT_EQ(good.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
}

TEST_F(FrontTlsDeadlines, TellsPlainHttpThatThisIsTls) {
    RunningFront front(by_hand());
    for (const std::string method : {"GET", "POST", "OPTIONS"}) {
        Peer peer = front.peer();
        const auto answer = peer.ask(request_text(method, "/echo"));
        ASSERT_TRUE(answer) << method;
        EXPECT_EQ(answer->status, 400);
        EXPECT_EQ(answer->header("Connection"), "close");
        EXPECT_THAT(answer->body, HasSubstr("use https"));
        EXPECT_TRUE(peer.is_ended());
    }
    EXPECT_EQ(front->counters().requests, 0U);
}

TEST_F(FrontTlsDeadlines, DrainsWithoutWaitingForHandshakes) {
    RunningFront front(by_hand());
    TlsPeer idle = TlsPeer::connect_to(front.port());
    ASSERT_EQ(idle.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    TlsPeer begun = TlsPeer::connect_to(front.port());
    ASSERT_TRUE(begun.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab"));
    TlsPeer stalled = TlsPeer::connect_to(front.port());
    stalled.send_hello_in_part(50);
    ASSERT_TRUE(becomes_true([&] {
        return front->counters().connections == 3 && front->counters().tls_handshakes == 2;
    }));
    // Its first half must have been read: what has begun is answered.
    front->stop(milliseconds(60'000));
    EXPECT_TRUE(idle.is_ended());
    EXPECT_TRUE(stalled.Peer::ended_in_order());
    stalled.leave();
    begun.send("cd");
    const auto answer = begun.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "abcd");
    begun.leave();
    front.join();
}

}  // namespace
}  // namespace tollgate::transport::testing
