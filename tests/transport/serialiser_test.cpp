#include "transport/serialiser.h"

#include <gtest/gtest.h>

namespace tollgate::transport {
namespace {

constexpr std::string_view kThen = "Sun, 06 Nov 1994 08:49:37 GMT";  // The standard's example.

std::string wire_of(const ServerResponse& response, const AnswerForm& form) {
    std::string wire;
    return append_answer(wire, response, form) ? wire : "refused:" + wire;
}

TEST(Serialiser, WritesAWholeAnswer) {
    EXPECT_EQ(wire_of({.status = 201,
                       .content_type = "application/json",
                       .body = "{}",
                       .headers = {{"Location", "/v1/payments/1"}}},
                      {.request_id = "req_1", .date = kThen}),
              "HTTP/1.1 201 Created\r\n"
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "Content-Type: application/json\r\n"
              "Content-Length: 2\r\n"
              "Location: /v1/payments/1\r\n"
              "X-Request-Id: req_1\r\n"
              "\r\n{}");
}

TEST(Serialiser, SaysHowTheConnectionGoesOn) {
    const AnswerForm closing{.request_id = "r", .close = true, .date = kThen};
    EXPECT_NE(wire_of({}, closing).find("\r\nConnection: close\r\n"), std::string::npos);
    const AnswerForm old{.request_id = "r", .http_1_0 = true, .date = kThen};
    EXPECT_NE(wire_of({}, old).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    EXPECT_EQ(wire_of({}, {.request_id = "r", .date = kThen}).find("Connection"),
              std::string::npos);
}

TEST(Serialiser, GivesHeadAndEmptyStatusesNoBody) {
    const AnswerForm head{.request_id = "r", .head_only = true, .date = kThen};
    const std::string wire = wire_of({.body = "abc"}, head);
    EXPECT_NE(wire.find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_TRUE(wire.ends_with("\r\n\r\n"));
    for (const int status : {204, 304}) {
        const std::string none =
            wire_of({.status = status, .body = "abc"}, {.request_id = "r", .date = kThen});
        EXPECT_EQ(none.find("Content-Length"), std::string::npos) << status;
        EXPECT_TRUE(none.ends_with("\r\n\r\n")) << status;
    }
}

TEST(Serialiser, LetsNothingBreakOutOfItsLine) {
    const AnswerForm form{.request_id = "r", .date = kThen};
    using namespace std::string_literals;
    for (const std::string& bad : {"a\r\nSet-Cookie: x"s, "a\nb"s, "a\rb"s, "a\0b"s}) {
        EXPECT_EQ(wire_of({.headers = {{"Location", bad}}}, form), "refused:");
        EXPECT_EQ(wire_of({.content_type = bad}, form), "refused:");
        EXPECT_EQ(wire_of({.headers = {{bad, "x"}}}, form), "refused:");
    }
    EXPECT_EQ(wire_of({.headers = {{"", "x"}}}, form), "refused:");
    EXPECT_EQ(wire_of({.headers = {{"A:B", "x"}}}, form), "refused:");
}

TEST(Serialiser, RefusesStatusesThatAreNotFinal) {
    const AnswerForm form{.request_id = "r", .date = kThen};
    for (const int status : {-1, 0, 100, 101, 199, 600}) {
        EXPECT_EQ(wire_of({.status = status}, form), "refused:") << status;
    }
}

TEST(Serialiser, SkipsHeadersThatAreTheFronts) {
    const std::string wire = wire_of({.headers = {{"content-length", "999"},
                                                  {"Transfer-Encoding", "chunked"},
                                                  {"CONNECTION", "upgrade"},
                                                  {"x-request-id", "mine"}}},
                                     {.request_id = "r", .date = kThen});
    EXPECT_EQ(wire.find("999"), std::string::npos);
    EXPECT_EQ(wire.find("chunked"), std::string::npos);
    EXPECT_EQ(wire.find("upgrade"), std::string::npos);
    EXPECT_EQ(wire.find("mine"), std::string::npos);
}

TEST(Serialiser, WritesDatesOnEitherSideOfALeapDay) {
    EXPECT_EQ(to_http_date({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(to_http_date({1'709'251'199'999}), "Thu, 29 Feb 2024 23:59:59 GMT");
    EXPECT_EQ(to_http_date({1'709'251'200'000}), "Fri, 01 Mar 2024 00:00:00 GMT");
}

TEST(Serialiser, KeepsTheDateForASecond) {
    HttpDate date;
    EXPECT_EQ(date.at({999}), to_http_date({0}));
    EXPECT_EQ(date.at({1'000}), to_http_date({1'000}));
    EXPECT_EQ(date.at({0}), to_http_date({0}));
}

TEST(Serialiser, NamesStatuses) {
    EXPECT_EQ(reason_phrase(404), "Not Found");
    EXPECT_EQ(reason_phrase(299), "Status");
}

}  // namespace
}  // namespace tollgate::transport
