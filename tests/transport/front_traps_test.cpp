// What a request says, and what it must not change: each trap of docs/front.md, over real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "front_traps.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(FrontTraps, AcceptsAHeaderLineThatTheLibraryWouldNot) {
    EXPECT_THAT(echo(request_text("GET", "/echo", "X-Long: " + std::string(9000, 'y') + "\r\n")),
                HasSubstr(std::string(9000, 'y')));
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

}  // namespace
}  // namespace tollgate::transport::testing
