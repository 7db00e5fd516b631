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

}  // namespace
}  // namespace tollgate::transport::testing
