#include "tunnel/local_request.h"

#include <gtest/gtest.h>

namespace tollgate::tunnel {
namespace {

using transport::HeaderList;

HandOut out() {
    return {.callback = {.id = 42,
                         .method = "POST",
                         .target = "/n%20o?x=1+2",
                         .headers = {{"X-First", "1"},
                                     {"Host", "hook.example.com"},
                                     {"Content-Length", "3"},
                                     {"Connection", "keep-alive"},
                                     {"x-first", ""},
                                     {"Expect", "100-continue"},
                                     {"X-Tunnel-Event-Id", "forged"}},
                         .body = "abc",
                         .remote_address = "203.0.113.7",
                         .scheme = "https",
                         .prefix = "/t/alice"},
            .attempt = 3,
            .age = std::chrono::milliseconds(61'999)};
}

TEST(LocalRequest, KeepsEveryHeaderThatIsNotAboutTheConnection) {
    const auto request = local_request(out(), {.url = "http://127.0.0.1:8600"});
    const HeaderList expected = {{"Host", "127.0.0.1:8600"},
                                 {"X-First", "1"},
                                 {"Content-Length", "3"},
                                 {"x-first", ""},
                                 {"X-Forwarded-Host", "hook.example.com"},
                                 {"X-Forwarded-Proto", "https"},
                                 {"X-Forwarded-For", "203.0.113.7"},
                                 {"X-Forwarded-Prefix", "/t/alice"},
                                 {"X-Tunnel-Event-Id", "42"},
                                 {"X-Tunnel-Attempt", "3"},
                                 {"X-Tunnel-Age", "61"}};
    EXPECT_EQ(request.headers, expected);
    EXPECT_EQ(request.url, "http://127.0.0.1:8600/n%20o?x=1+2");
    EXPECT_EQ(request.body, "abc");
    EXPECT_TRUE(request.exact_headers);
}

TEST(LocalRequest, WritesTheHostAsAsked) {
    const auto host = [](const char* rule, const char* url) {
        LocalTarget target = *read_target(url);
        target.host = *read_host_rule(rule);
        return local_request(out(), target).headers.front().second;
    };
    EXPECT_EQ(host("auto", "http://localhost:8080/base/"), "localhost:8080");
    EXPECT_EQ(host("keep", "http://localhost:8080"), "hook.example.com");
    EXPECT_EQ(host("pay.local", "http://localhost:8080"), "pay.local");
    EXPECT_EQ(host("pay.local:81", "https://[::1]:8080"), "pay.local:81");
}

TEST(LocalRequest, PutsTheTargetsPathBefore) {
    const auto target = read_target("http://127.0.0.1:1/base/");
    ASSERT_TRUE(target);
    EXPECT_EQ(local_request(out(), *target).url, "http://127.0.0.1:1/base/n%20o?x=1+2");
}

TEST(LocalRequest, RefusesTargetsAndHostsThatAreNone) {
    for (const char* url :
         {"", "127.0.0.1:80", "ftp://x", "http://", "http://a?b", "http://u@h", "http://a b"}) {
        EXPECT_FALSE(read_target(url)) << url;
    }
    for (const char* rule : {"", "a b", "a/b", "a\r\nX: y"}) {
        EXPECT_FALSE(read_host_rule(rule)) << rule;
    }
}

TEST(AppAnswer, TellsDownFromSlowFromBroken) {
    const auto failure = [](Error error) { return app_answer(out(), std::move(error)).failure; };
    EXPECT_EQ(failure({ErrorCode::unavailable, "refused"}), AppFailure::down);
    EXPECT_EQ(failure(Error(ErrorCode::unavailable, "x").because("timed_out")), AppFailure::down);
    EXPECT_EQ(failure(Error(ErrorCode::outcome_unknown, "x").because("timed_out")),
              AppFailure::slow);
    EXPECT_EQ(failure({ErrorCode::outcome_unknown, "x"}), AppFailure::broken);
    EXPECT_EQ(app_answer(out(), transport::ClientReply{.status = 101}).failure, AppFailure::broken);
    EXPECT_EQ(app_answer(out(), transport::ClientReply{.status = 500}).failure, AppFailure::none);
}

TEST(AppAnswer, LeavesOutWhatNoAnswersHeadCanHold) {
    const transport::ClientReply reply{
        .status = 200, .headers = {{"X Odd", "1"}, {"X-Bell", "a\x07"}, {"X-Good", "\xE4"}}};
    EXPECT_EQ(app_answer(out(), reply).headers, (transport::HeaderList{{"X-Good", "\xE4"}}));
}

}  // namespace
}  // namespace tollgate::tunnel
