// Where a request ends, and what is none: each trap of docs/front.md, over real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "front_traps.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FrontFraming : public FrontTraps {};

TEST_F(FrontFraming, ServesAPostWithoutAnyLengthWithAnEmptyBody) {
    Peer peer = front_.peer();
    const auto answer = peer.ask("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_THAT(answer->body, ::testing::EndsWith("body="));
}

TEST_F(FrontFraming, DoesNotTakeAPipelinedRequestForABody) {
    Peer peer = front_.peer();
    ASSERT_TRUE(
        peer.send("POST /echo HTTP/1.1\r\nHost: x\r\n\r\nGET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_THAT(peer.answer().value_or(Answer{}).body, StartsWith("method=POST"));
    EXPECT_THAT(peer.answer().value_or(Answer{}).body, StartsWith("method=GET"));
}

TEST_F(FrontFraming, SendsContinueOnceTheHeadIsAccepted) {
    Peer peer = front_.peer();
    ASSERT_TRUE(
        peer.send("POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n"
                  "Content-Length: 3\r\n\r\n"));
    EXPECT_EQ(peer.line(), "HTTP/1.1 100 Continue");
    EXPECT_EQ(peer.line(), "");
    const auto answer = peer.ask("abc");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "abc");
}

TEST_F(FrontFraming, SendsNoContinueWhenTheBodyIsAlreadyThere) {
    Peer peer = front_.peer();
    const auto answer = peer.ask(request_text("POST", "/body", "Expect: 100-continue\r\n", "abc"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
}

TEST_F(FrontFraming, SendsNoContinueBeforeABodyThatIsTooLarge) {
    Peer peer = front_.peer();
    const auto answer = peer.ask(
        "POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        "Content-Length: 999999999\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
}

TEST_F(FrontFraming, RefusesOtherExpectations) {
    expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", 417);
}

TEST_F(FrontFraming, JoinsChunksAndDropsTrailersForEveryMethod) {
    for (const std::string method : {"POST", "DELETE"}) {
        Peer peer = front_.peer();
        const auto answer =
            peer.ask(method +
                     " /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
                     "3\r\nabc\r\n5;note=x\r\ndefgh\r\n0\r\nX-Sum: 1\r\n\r\n");
        ASSERT_TRUE(answer) << method;
        EXPECT_EQ(answer->status, 200);
        EXPECT_THAT(answer->body, ::testing::EndsWith("body=abcdefgh"));
        EXPECT_THAT(answer->body, Not(HasSubstr("X-Sum")));
        EXPECT_EQ(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    }
}

TEST_F(FrontFraming, RefusesBrokenChunks) {
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body :
         {"zz\r\n", "\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "-1\r\n",
          "0x3\r\nabc\r\n", " 3\r\nabc\r\n", "fffffffffffffffff\r\n", "3 \r\nabc\r\n0\r\n\r\n"}) {
        expect_refused(head + body, 400);
    }
    expect_refused(head + "3;" + std::string(100, 'x') + "\r\nabc\r\n0\r\n\r\n", 400);
    expect_refused(head + "fffffff\r\n", 413);
    expect_refused(head + "0\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", 431);
}

TEST_F(FrontFraming, RefusesOtherTransferCodings) {
    for (const std::string coding : {"gzip, chunked", "chunked, chunked", "identity", "xchunked"}) {
        expect_refused(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n",
            501);
    }
}

TEST_F(FrontFraming, RefusesWhatLeavesTheLengthInDoubt) {
    for (const std::string fields :
         {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 3\r\nContent-Length: 3\r\n",
          "Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 3x\r\n",
          "Content-Length: -1\r\n", "Content-Length: +3\r\n", "Content-Length: 3, 3\r\n",
          "Content-Length: 0x3\r\n", "Content-Length:\r\n", "Content-Length: 3 3\r\n"}) {
        expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\n" + fields + "\r\nabc", 400);
    }
}

TEST_F(FrontFraming, RefusesALengthBesideWholeChunks) {
    expect_refused(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400);
}

TEST_F(FrontFraming, RefusesALengthThatNoNumberHolds) {
    expect_refused(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413);
}

TEST_F(FrontFraming, RefusesABlankBeforeTheColon) {
    expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc", 400);
}

TEST_F(FrontFraming, RefusesFoldedLines) {
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\t2\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1\r\n Host: x\r\n\r\n", 400);
}

TEST_F(FrontFraming, RefusesALineThatEndsWithoutCrAtOnce) {
    // No empty line ever comes: the refusal must not wait for it.
    Peer peer = front_.peer();
    const auto answer = peer.ask("GET /echo HTTP/1.1\nHost: x\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\rX-B: 1\r\n\r\n", 400);
}

TEST_F(FrontFraming, DropsTheBodyOfARequestThatNobodyServes) {
    Peer peer = front_.peer();
    const std::string inner = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto first = peer.ask(request_text("POST", "/nowhere", "", inner));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->status, 404);
    const auto wrong_method = peer.ask(request_text("PUT", "/body", "", inner));
    ASSERT_TRUE(wrong_method);
    EXPECT_EQ(wrong_method->status, 405);
    EXPECT_EQ(wrong_method->header("Allow"), "POST");
    EXPECT_EQ(front_->counters().requests, 0U);
    EXPECT_TRUE(peer.buffered().empty());
    EXPECT_EQ(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
}

TEST_F(FrontFraming, RefusesAHeadThatIsTooLarge) {
    expect_refused(
        "GET /echo HTTP/1.1\r\nHost: x\r\nX-Big: " + std::string(200'000, 'x') + "\r\n\r\n", 431);
    std::string many = "GET /echo HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 101; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
    expect_refused(many + "\r\n", 431);
    expect_refused("GET /" + std::string(200'000, 'x'), 431);
}

TEST_F(FrontFraming, RefusesATargetThatIsTooLong) {
    expect_refused("GET /" + std::string(8100, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414);
}

TEST_F(FrontFraming, RefusesBrokenEscapesInThePath) {
    for (const std::string path : {"/echo%00", "/%", "/%4", "/%zz", "/%u4e2d"}) {
        expect_refused(request_text("GET", path), 400);
    }
}

TEST_F(FrontFraming, AnswersGarbageOnceAndHangsUp) {
    Peer peer = front_.peer();
    peer.send("garbage one\r\ngarbage two\r\ngarbage three\r\n\r\n");
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    EXPECT_TRUE(peer.is_ended());
}

TEST_F(FrontFraming, RefusesWrongHosts) {
    for (const std::string hosts : {"", "Host: a\r\nHost: a\r\n", "Host:\r\n", "Host: a b\r\n",
                                    "Host: a/b\r\n", "Host: user@a\r\n", "Host: a, b\r\n"}) {
        expect_refused("GET /echo HTTP/1.1\r\n" + hosts + "\r\n", 400);
    }
}

TEST_F(FrontFraming, RefusesTargetsThatAreNoPath) {
    for (const std::string target :
         {"http://x/echo", "*", "echo", "x:443", "/a b", "/echo#part", "/\xc3\xa9"}) {
        expect_refused(request_text("GET", target), 400);
    }
}

TEST_F(FrontFraming, RefusesTlsOnThePlainPortAtOnce) {
    Peer peer = front_.peer();
    // The beginning of a ClientHello; its sender waits for an answer and sends no more.
    const auto answer =
        peer.ask(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
}

TEST_F(FrontFraming, RefusesControlCharactersInTheHead) {
    using namespace std::string_literals;
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n"s, 400);
    expect_refused("GET /echo\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: a\x7f\r\n\r\n"s, 400);
    expect_refused("GET\t/echo\tHTTP/1.1\r\nHost: x\r\n\r\n"s, 400);
}

TEST_F(FrontFraming, RefusesMethodsAndVersionsThatAreNotSpoken) {
    for (const std::string method : {"BREW", "CONNECT", "TRACE", "get"}) {
        expect_refused(request_text(method, "/echo"), 501);
    }
    expect_refused("G(ET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/2.0\r\nHost: x\r\n\r\n", 505);
    expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    expect_refused("GET /echo\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1 \r\nHost: x\r\n\r\n", 400);
}

TEST_F(FrontFraming, LetsAPeerReadWhyItsTenMegabytesWereRefused) {
    Peer peer = front_.peer();
    ASSERT_TRUE(peer.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n"));
    // Sends everything before it reads, as many clients do. May fail half-way: the answer counts.
    const std::string kilobyte(1024, 'x');
    for (int i = 0; i < 10 * 1024 && peer.send(kilobyte); ++i) {
    }
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
    EXPECT_EQ(answer->header("Connection"), "close");
}

TEST_F(FrontFraming, ForgivesOneEmptyLineBeforeARequest) {
    Peer peer = front_.peer();
    EXPECT_EQ(peer.ask("\r\n" + request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_EQ(peer.ask("\r\n" + request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    expect_refused("\r\n\r\n" + request_text("GET", "/echo"), 400);
}

TEST_F(FrontFraming, ServesARequestThatArrivesByteByByte) {
    Peer peer = front_.peer();
    for (const char byte : request_text("POST", "/body", "", "slow")) {
        ASSERT_TRUE(peer.send(std::string_view(&byte, 1)));
    }
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "slow");
}

TEST_F(FrontFraming, ReadsOnForAMomentAfterARefusal) {
    // A reset could overtake the answer. Again, should this machine stall for longer than a moment.
    EXPECT_TRUE(becomes_true([&] {
        Peer peer = front_.peer();
        const auto answer =
            peer.ask("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n");
        bool open = answer && answer->status == 413;
        for (int i = 0; i < 200 && open; ++i) open = peer.send("some more of the body");
        peer.finish_sending();
        return open && peer.ended_in_order();
    }));
}

}  // namespace
}  // namespace tollgate::transport::testing
