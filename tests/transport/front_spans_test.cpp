// The spans of requests as the front makes them: of every request that it can read, by its route,
// with what was really answered.
#include <stdexcept>

#include <gtest/gtest.h>

#include "base/tracer.h"
#include "running_front.h"
#include "tests/support/spans.h"

namespace tollgate::transport::testing {
namespace {

using tollgate::testing::attribute;

class FrontSpans : public ::testing::Test {
protected:
    // Waits for so many.
    std::vector<SpanRecord> spans(std::size_t count) {
        std::vector<SpanRecord> taken;
        EXPECT_TRUE(becomes_true([&] {
            for (SpanRecord& span : tracer_.take(10)) taken.push_back(std::move(span));
            return taken.size() >= count;
        }));
        taken.resize(count);
        return taken;
    }

    CountingEntropy entropy_;
    SeededRandom random_{1};
    Tracer tracer_{{.sample_per_million = 1'000'000}, system_clock(), random_, entropy_};
};

TEST_F(FrontSpans, AreNamedByRouteAndNeverByWhatSomebodySent) {
    RunningFront front({.router = echo_router(), .tracer = &tracer_});
    Peer peer = front.peer();
    EXPECT_EQ(
        peer.ask(request_text("GET", "/echo?key=tgk_secret", "X-Request-Id: one\r\n"))->status,
        200);
    EXPECT_EQ(peer.ask(request_text("GET", "/who/am-i?key=tgk_secret"))->status, 404);
    EXPECT_EQ(peer.ask(request_text("PATCH", "/echo"))->status, 405);
    // What cannot be read is nobody's request.
    EXPECT_EQ(peer.ask(request_text("BREW", "/echo"))->status, 501);
    const auto taken = spans(3);
    EXPECT_EQ(taken[0].name, "GET /echo");
    EXPECT_EQ(attribute(taken[0], "http.request.method"), "GET");
    EXPECT_EQ(attribute(taken[0], "http.route"), "/echo");
    EXPECT_EQ(attribute(taken[0], "http.response.status_code"), "200");
    EXPECT_EQ(attribute(taken[0], "url.scheme"), "http");
    EXPECT_EQ(attribute(taken[0], "tollgate.listener"), "test");
    EXPECT_EQ(attribute(taken[0], "tollgate.request_id"), "one");
    EXPECT_EQ(taken[1].name, "GET");
    EXPECT_EQ(attribute(taken[1], "http.response.status_code"), "404");
    EXPECT_EQ(taken[2].name, "PATCH");
    EXPECT_EQ(attribute(taken[2], "http.response.status_code"), "405");
    EXPECT_TRUE(tracer_.take(1).empty());
    for (const auto& span : taken) {
        EXPECT_FALSE(span.failed) << span.name;
        for (const auto& [name, value] : span.attributes) {
            const auto* text = std::get_if<std::string>(&value);
            if (text == nullptr) continue;
            EXPECT_EQ(text->find("secret"), std::string::npos) << name;
            EXPECT_EQ(text->find("am-i"), std::string::npos) << name;
        }
    }
}

TEST_F(FrontSpans, HoldTheAnswerThatLeftAndNotTheOneThatCameTooLate) {
    Ticket kept;
    Router router;
    router.add("GET", "/slow",
               [&kept](ServerRequest&, Ticket ticket) { kept = std::move(ticket); });
    router.add("GET", "/throw", [](ServerRequest&, Ticket) { throw std::runtime_error("no"); });
    RunningFront front({.router = std::move(router),
                        .limits = {.ticket_time = std::chrono::milliseconds(50)},
                        .tracer = &tracer_});
    Peer peer = front.peer();
    EXPECT_EQ(peer.ask(request_text("GET", "/slow"))->status, 503);
    EXPECT_EQ(peer.ask(request_text("GET", "/throw"))->status, 500);
    const auto taken = spans(2);
    EXPECT_EQ(attribute(taken[0], "http.response.status_code"), "503");
    EXPECT_TRUE(taken[0].failed);
    EXPECT_EQ(attribute(taken[1], "http.response.status_code"), "500");
    EXPECT_EQ(attribute(taken[1], "error.type"), "500");
    kept.complete(text_answer("late"));
    EXPECT_TRUE(tracer_.take(1).empty());
}

TEST_F(FrontSpans, TellOfAConnectionThatEndedBeforeItsAnswer) {
    Ticket kept;
    Router router;
    router.add("GET", "/slow",
               [&kept](ServerRequest&, Ticket ticket) { kept = std::move(ticket); });
    RunningFront front({.router = std::move(router), .tracer = &tracer_});
    Peer peer = front.peer();
    peer.send(request_text("GET", "/slow"));
    EXPECT_TRUE(becomes_true([&] { return front->counters().tickets == 1; }));
    front.destroy();
    const auto taken = spans(1);
    EXPECT_TRUE(taken[0].failed);
    EXPECT_EQ(attribute(taken[0], "error.type"), "abandoned");
    EXPECT_EQ(attribute(taken[0], "http.response.status_code"), "none");
}

TEST_F(FrontSpans, TakeOverTheTraceThatARequestBrings) {
    Tracer tracer({.sample_per_million = 0}, system_clock(), random_, entropy_);
    RunningFront front({.router = echo_router(), .tracer = &tracer});
    Peer peer = front.peer();
    peer.ask(request_text("GET", "/echo"));
    peer.ask(
        request_text("GET", "/echo",
                     "traceparent:  00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 \r\n"
                     "tracestate: a=1\r\n"));
    const auto taken = tracer.take(10);
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(id_text(taken[0].context.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    ASSERT_TRUE(taken[0].parent);
    EXPECT_EQ(id_text(*taken[0].parent), "00f067aa0ba902b7");
    EXPECT_EQ(*taken[0].context.state, "a=1");
}

}  // namespace
}  // namespace tollgate::transport::testing
