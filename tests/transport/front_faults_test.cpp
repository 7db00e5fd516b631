// Handlers that fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "running_front.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(FrontFaults, TurnsAnExceptionInto500WithoutItsText) {
    std::vector<Ticket> kept;
    Router router;
    router.add("GET", "/throw",
               [](ServerRequest&, Ticket) { throw std::runtime_error("db password hunter2"); });
    router.add("GET", "/odd", [](ServerRequest&, Ticket) { throw 7; });
    router.add("GET", "/kept", [&](ServerRequest&, Ticket ticket) {
        kept.push_back(std::move(ticket));
        throw std::runtime_error("after keeping it");
    });
    router.add("GET", "/answered", [](ServerRequest&, Ticket ticket) {
        ticket.complete(text_answer("done"));
        throw std::runtime_error("after answering");
    });
    RunningFront front({.router = std::move(router)});
    Peer peer = front.peer();
    for (const std::string path : {"/throw", "/odd", "/kept"}) {
        ASSERT_TRUE(peer.send(request_text("GET", path)));
        const auto answer = peer.answer();
        ASSERT_TRUE(answer) << path;
        EXPECT_EQ(answer->status, 500) << path;
        EXPECT_THAT(answer->body, Not(HasSubstr("hunter2")));
        for (const auto& [name, value] : answer->headers)
            EXPECT_THAT(value, Not(HasSubstr("hunter2")));
    }
    kept.clear();  // Too late: its request has been answered.
    EXPECT_EQ(peer.ask(request_text("GET", "/answered")).value_or(Answer{}).body, "done");
    EXPECT_EQ(front->counters().tickets, 0U);
    EXPECT_TRUE(becomes_true([&] { return front.has_logged("http.handler_failed"); }))
        << front.log_text();
    EXPECT_TRUE(becomes_true([&] { return front.has_logged("hunter2"); })) << front.log_text();
}

TEST(FrontFaults, SendsNoAnswerThatWouldSplit) {
    Router router;
    router.add("GET", "/split", at_once([](const ServerRequest&) {
                   return ServerResponse{.headers = {{"Location", "/x\r\nSet-Cookie: a=b"}}};
               }));
    RunningFront front({.router = std::move(router)});
    Peer peer = front.peer();
    const auto answer = peer.ask(request_text("GET", "/split"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->header("Set-Cookie"), "");
}

// For rehearsals: what a peer sees of a server that dies at the worst moment.
TEST(FrontFaults, CutsAnAnswerShortWhenAskedTo) {
    Router router;
    const auto cut = [&router](const char* path, std::size_t after) {
        router.add("GET", path, at_once([after](const ServerRequest&) {
                       return ServerResponse{.body = "0123456789", .cut_after = after};
                   }));
    };
    cut("/reset", 0);
    cut("/half", 5);
    cut("/whole", 99);
    RunningFront front({.router = std::move(router)});
    Peer reset = front.peer();
    ASSERT_TRUE(reset.send(request_text("GET", "/reset")));
    EXPECT_FALSE(reset.ended_in_order());
    Peer half = front.peer();
    ASSERT_TRUE(half.send(request_text("GET", "/half")));
    const std::string text = half.rest();
    EXPECT_THAT(text, HasSubstr("Content-Length: 10\r\n"));
    EXPECT_TRUE(text.ends_with("\r\n\r\n01234")) << text;
    EXPECT_TRUE(half.ended_in_order());
    Peer whole = front.peer();
    EXPECT_EQ(whole.ask(request_text("GET", "/whole")).value_or(Answer{}).body, "0123456789");
}

}  // namespace
}  // namespace tollgate::transport::testing
