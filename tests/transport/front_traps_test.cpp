// Each trap of HTTP and of the library below that docs/front.md lists, tried over real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "running_front.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FrontTraps : public ::testing::Test {
protected:
    // The front answers with this status and ends the connection: nothing that follows is served.
    void expect_refused(std::string_view request, int status) {
        SCOPED_TRACE(request.substr(0, 200));
        Peer peer = front_.peer();
        const auto before = front_->counters().requests;
        ASSERT_TRUE(peer.send(request));
        // What smuggling hopes for: that the rest is taken for a request.
        peer.send(request_text("GET", "/echo"));
        const auto answer = peer.answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, status);
        EXPECT_EQ(answer->header("Connection"), "close");
        EXPECT_FALSE(answer->header("X-Request-Id").empty());
        EXPECT_TRUE(peer.is_ended());
        EXPECT_EQ(front_->counters().requests, before);
    }

    std::string echo(std::string_view request) {
        SCOPED_TRACE(request.substr(0, 200));
        Peer peer = front_.peer();
        const auto answer = peer.ask(request);
        EXPECT_TRUE(answer && answer->status == 200);
        return answer ? answer->body : "";
    }

    RunningFront front_{{.router = echo_router()}};
};

TEST_F(FrontTraps, ServesAPostWithoutAnyLengthWithAnEmptyBody) {
    Peer peer = front_.peer();
    const auto answer = peer.ask("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_THAT(answer->body, ::testing::EndsWith("body="));
}

TEST_F(FrontTraps, DoesNotTakeAPipelinedRequestForABody) {
    Peer peer = front_.peer();
    ASSERT_TRUE(
        peer.send("POST /echo HTTP/1.1\r\nHost: x\r\n\r\nGET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_THAT(peer.answer().value_or(Answer{}).body, StartsWith("method=POST"));
    EXPECT_THAT(peer.answer().value_or(Answer{}).body, StartsWith("method=GET"));
}

TEST_F(FrontTraps, SendsContinueOnceTheHeadIsAccepted) {
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

TEST_F(FrontTraps, SendsNoContinueWhenTheBodyIsAlreadyThere) {
    Peer peer = front_.peer();
    const auto answer = peer.ask(request_text("POST", "/body", "Expect: 100-continue\r\n", "abc"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
}

TEST_F(FrontTraps, SendsNoContinueBeforeABodyThatIsTooLarge) {
    Peer peer = front_.peer();
    const auto answer = peer.ask(
        "POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        "Content-Length: 999999999\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 413);
}

TEST_F(FrontTraps, RefusesOtherExpectations) {
    expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", 417);
}

TEST_F(FrontTraps, AnswersHeadWithTheLengthAndNoBody) {
    Peer peer = front_.peer();
    ASSERT_TRUE(peer.send(request_text("HEAD", "/echo")));
    const auto answer = peer.answer(true);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_GT(std::stoi(answer->header("Content-Length")), 50);
    EXPECT_EQ(answer->header("Accept-Ranges"), "");
    // No byte of a body stands before the next answer.
    EXPECT_EQ(peer.ask(request_text("GET", "/echo")).value_or(Answer{}).status, 200);
}

TEST_F(FrontTraps, JoinsChunksAndDropsTrailersForEveryMethod) {
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

TEST_F(FrontTraps, RefusesBrokenChunks) {
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

TEST_F(FrontTraps, RefusesOtherTransferCodings) {
    for (const std::string coding : {"gzip, chunked", "chunked, chunked", "identity", "xchunked"}) {
        expect_refused(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n",
            501);
    }
}

TEST_F(FrontTraps, RefusesWhatLeavesTheLengthInDoubt) {
    for (const std::string fields :
         {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 3\r\nContent-Length: 3\r\n",
          "Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 3x\r\n",
          "Content-Length: -1\r\n", "Content-Length: +3\r\n", "Content-Length: 3, 3\r\n",
          "Content-Length: 0x3\r\n", "Content-Length:\r\n", "Content-Length: 3 3\r\n"}) {
        expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\n" + fields + "\r\nabc", 400);
    }
}

TEST_F(FrontTraps, RefusesALengthThatNoNumberHolds) {
    expect_refused(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413);
}

TEST_F(FrontTraps, RefusesABlankBeforeTheColon) {
    expect_refused("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc", 400);
}

TEST_F(FrontTraps, RefusesFoldedLines) {
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\t2\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1\r\n Host: x\r\n\r\n", 400);
}

TEST_F(FrontTraps, RefusesALineThatEndsWithoutCrAtOnce) {
    // No empty line ever comes: the refusal must not wait for it.
    Peer peer = front_.peer();
    const auto answer = peer.ask("GET /echo HTTP/1.1\nHost: x\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\rX-B: 1\r\n\r\n", 400);
}

TEST_F(FrontTraps, LeavesPackedBodiesPacked) {
    // A gzip header and nothing sensible behind it: any unpacking would fail or change it.
    const std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00junk", 12);
    for (const std::string coding : {"gzip", "deflate", "br", "nonsense"}) {
        Peer peer = front_.peer();
        const auto answer =
            peer.ask(request_text("POST", "/body", "Content-Encoding: " + coding + "\r\n", packed));
        ASSERT_TRUE(answer) << coding;
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, packed);
    }
}

TEST_F(FrontTraps, DropsTheBodyOfARequestThatNobodyServes) {
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

TEST_F(FrontTraps, LeavesMultipartAndFormsRaw) {
    const std::string parts =
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n";
    Peer peer = front_.peer();
    EXPECT_EQ(peer.ask(request_text("POST", "/body",
                                    "Content-Type: multipart/form-data; boundary=b\r\n", parts))
                  .value_or(Answer{})
                  .body,
              parts);
    EXPECT_EQ(
        peer.ask(request_text("POST", "/body", "Content-Type: multipart/form-data\r\n", parts))
            .value_or(Answer{})
            .body,
        parts);
    const std::string form = "a=%41+b&" + std::string(20'000, 'x');
    const auto answer = peer.ask(
        request_text("POST", "/body", "Content-Type: application/x-www-form-urlencoded\r\n", form));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, form);
}

TEST_F(FrontTraps, RefusesAHeadThatIsTooLarge) {
    expect_refused(
        "GET /echo HTTP/1.1\r\nHost: x\r\nX-Big: " + std::string(200'000, 'x') + "\r\n\r\n", 431);
    std::string many = "GET /echo HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 101; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
    expect_refused(many + "\r\n", 431);
    expect_refused("GET /" + std::string(200'000, 'x'), 431);
}

TEST_F(FrontTraps, AcceptsAHeaderLineThatTheLibraryWouldNot) {
    EXPECT_THAT(echo(request_text("GET", "/echo", "X-Long: " + std::string(9000, 'y') + "\r\n")),
                HasSubstr(std::string(9000, 'y')));
}

TEST_F(FrontTraps, RefusesATargetThatIsTooLong) {
    expect_refused("GET /" + std::string(8100, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414);
}

TEST_F(FrontTraps, DecodesPathsOnceAndCapturesSegmentBySegment) {
    const std::string text =
        echo(request_text("GET", "/things/a%2Fb%2541/parts/%e4%b8%ad?q=%41+b"));
    EXPECT_THAT(text, HasSubstr("target=/things/a%2Fb%2541/parts/%e4%b8%ad?q=%41+b\n"));
    EXPECT_THAT(text, HasSubstr("path=/things/a/b%41/parts/\xe4\xb8\xad\n"));
    EXPECT_THAT(text, HasSubstr("query=q=%41+b\n"));
    EXPECT_THAT(text, HasSubstr("capture=a/b%41\ncapture=\xe4\xb8\xad\n"));
    EXPECT_THAT(echo(request_text("GET", "/%65cho")), HasSubstr("path=/echo\n"));
}

TEST_F(FrontTraps, NeitherResolvesDotsNorInventsSlashes) {
    Peer peer = front_.peer();
    EXPECT_EQ(peer.ask(request_text("GET", "/things/../echo")).value_or(Answer{}).status, 404);
    EXPECT_EQ(peer.ask(request_text("GET", "/things/1/parts%2F2")).value_or(Answer{}).status, 404);
    EXPECT_EQ(peer.ask(request_text("GET", "//echo")).value_or(Answer{}).status, 404);
    EXPECT_EQ(peer.ask(request_text("GET", "/echo/")).value_or(Answer{}).status, 404);
}

TEST_F(FrontTraps, RefusesBrokenEscapesInThePath) {
    for (const std::string path : {"/echo%00", "/%", "/%4", "/%zz", "/%u4e2d"}) {
        expect_refused(request_text("GET", path), 400);
    }
}

TEST_F(FrontTraps, LeavesHeaderValuesAsTheyAre) {
    EXPECT_THAT(echo(request_text("GET", "/echo", "X-Sign: a%41%2Bb\r\n")),
                HasSubstr("X-Sign: a%41%2Bb\n"));
}

TEST_F(FrontTraps, TakesTheRemoteAddressFromTheSocketOnly) {
    const std::string text =
        echo(request_text("GET", "/echo", "REMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\n"));
    EXPECT_THAT(text, HasSubstr("remote=127.0.0.1\n"));
}

TEST_F(FrontTraps, ServesPipelinedRequestsInOrder) {
    Peer peer = front_.peer();
    std::string burst;
    for (int i = 0; i < 50; ++i)
        burst += request_text("POST", "/body", "", "n" + std::to_string(i));
    ASSERT_TRUE(peer.send(burst));
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(peer.answer().value_or(Answer{}).body, "n" + std::to_string(i));
    }
}

TEST_F(FrontTraps, ReadsConnectionTokensInAnyLetterCase) {
    for (const std::string value : {"close", "Close", "close, TE", "TE , CLOSE"}) {
        Peer peer = front_.peer();
        const auto answer = peer.ask(request_text("GET", "/echo", "Connection: " + value + "\r\n"));
        ASSERT_TRUE(answer) << value;
        EXPECT_EQ(answer->header("Connection"), "close") << value;
        EXPECT_TRUE(peer.is_ended()) << value;
    }
}

TEST_F(FrontTraps, ServesHttp10) {
    Peer closing = front_.peer();
    const auto answer = closing.ask("GET /echo HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_EQ(answer->header("Keep-Alive"), "");
    EXPECT_TRUE(closing.is_ended());

    Peer staying = front_.peer();
    const auto kept = staying.ask("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->header("Connection"), "keep-alive");
    EXPECT_EQ(staying.ask("GET /echo HTTP/1.0\r\n\r\n").value_or(Answer{}).status, 200);
    expect_refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

TEST_F(FrontTraps, WritesNoKeepAliveFairyTale) {
    Peer peer = front_.peer();
    const auto answer = peer.ask(request_text("GET", "/echo"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Keep-Alive"), "");
    EXPECT_EQ(answer->header("Connection"), "");
    EXPECT_NE(answer->header("Date"), "");
}

TEST_F(FrontTraps, AnswersGarbageOnceAndHangsUp) {
    Peer peer = front_.peer();
    peer.send("garbage one\r\ngarbage two\r\ngarbage three\r\n\r\n");
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    EXPECT_TRUE(peer.is_ended());
}

TEST_F(FrontTraps, RefusesWrongHosts) {
    for (const std::string hosts : {"", "Host: a\r\nHost: a\r\n", "Host:\r\n", "Host: a b\r\n",
                                    "Host: a/b\r\n", "Host: user@a\r\n", "Host: a, b\r\n"}) {
        expect_refused("GET /echo HTTP/1.1\r\n" + hosts + "\r\n", 400);
    }
}

TEST_F(FrontTraps, RefusesTargetsThatAreNoPath) {
    for (const std::string target :
         {"http://x/echo", "*", "echo", "x:443", "/a b", "/echo#part", "/\xc3\xa9"}) {
        expect_refused(request_text("GET", target), 400);
    }
}

TEST_F(FrontTraps, RefusesTlsOnThePlainPortAtOnce) {
    Peer peer = front_.peer();
    // The beginning of a ClientHello; its sender waits for an answer and sends no more.
    const auto answer =
        peer.ask(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
}

TEST_F(FrontTraps, RefusesControlCharactersInTheHead) {
    using namespace std::string_literals;
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n"s, 400);
    expect_refused("GET /echo\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400);
    expect_refused("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: a\x7f\r\n\r\n"s, 400);
    expect_refused("GET\t/echo\tHTTP/1.1\r\nHost: x\r\n\r\n"s, 400);
}

TEST_F(FrontTraps, RefusesMethodsAndVersionsThatAreNotSpoken) {
    for (const std::string method : {"BREW", "CONNECT", "TRACE", "get"}) {
        expect_refused(request_text(method, "/echo"), 501);
    }
    expect_refused("G(ET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/2.0\r\nHost: x\r\n\r\n", 505);
    expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    expect_refused("GET /echo\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /echo HTTP/1.1 \r\nHost: x\r\n\r\n", 400);
}

TEST_F(FrontTraps, IgnoresRangeAndAcceptEncoding) {
    Peer peer = front_.peer();
    for (const std::string range : {"bytes=0-3", "bytes=99999-", "nonsense"}) {
        const auto answer = peer.ask(request_text(
            "POST", "/body", "Accept-Encoding: gzip, br\r\nRange: " + range + "\r\n", "abcdefgh"));
        ASSERT_TRUE(answer) << range;
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "abcdefgh");
        EXPECT_EQ(answer->header("Content-Encoding"), "");
        EXPECT_EQ(answer->header("Content-Range"), "");
    }
}

TEST_F(FrontTraps, LetsAPeerReadWhyItsTenMegabytesWereRefused) {
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

TEST_F(FrontTraps, ForgivesOneEmptyLineBeforeARequest) {
    Peer peer = front_.peer();
    EXPECT_EQ(peer.ask("\r\n" + request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    EXPECT_EQ(peer.ask("\r\n" + request_text("GET", "/echo")).value_or(Answer{}).status, 200);
    expect_refused("\r\n\r\n" + request_text("GET", "/echo"), 400);
}

TEST_F(FrontTraps, AnswersAPeerThatHasFinishedSending) {
    Peer peer = front_.peer();
    ASSERT_TRUE(peer.send(request_text("GET", "/echo") + request_text("GET", "/echo")));
    peer.finish_sending();
    EXPECT_EQ(peer.answer().value_or(Answer{}).status, 200);
    EXPECT_EQ(peer.answer().value_or(Answer{}).status, 200);
    EXPECT_TRUE(peer.is_ended());
}

TEST_F(FrontTraps, TakesAGoodRequestIdAndReplacesABadOne) {
    Peer peer = front_.peer();
    const auto given = peer.ask(request_text("GET", "/echo", "X-Request-Id: Order_7.a-b\r\n"));
    ASSERT_TRUE(given);
    EXPECT_EQ(given->header("X-Request-Id"), "Order_7.a-b");
    EXPECT_THAT(given->body, HasSubstr("id=Order_7.a-b\n"));
    for (const std::string& bad :
         {std::string("a b"), std::string("x\"y"), std::string(), std::string(65, 'x')}) {
        const auto made = peer.ask(request_text("GET", "/echo", "X-Request-Id: " + bad + "\r\n"));
        ASSERT_TRUE(made);
        EXPECT_THAT(made->header("X-Request-Id"), StartsWith("req_"));
        EXPECT_EQ(made->header("X-Request-Id").size(), 30U);
        EXPECT_THAT(made->body, HasSubstr("id=" + made->header("X-Request-Id") + "\n"));
    }
}

TEST_F(FrontTraps, ServesARequestThatArrivesByteByByte) {
    Peer peer = front_.peer();
    for (const char byte : request_text("POST", "/body", "", "slow")) {
        ASSERT_TRUE(peer.send(std::string_view(&byte, 1)));
    }
    EXPECT_EQ(peer.answer().value_or(Answer{}).body, "slow");
}

}  // namespace
}  // namespace tollgate::transport::testing
