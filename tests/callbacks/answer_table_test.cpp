#include "callbacks/answer_table.h"

#include <gtest/gtest.h>

#include "transport/address_guard.h"

namespace tollgate::callbacks {
namespace {

using transport::ClientReply;

Judgement judge(int status, transport::HeaderList headers = {}) {
    return judge_answer(ClientReply{.status = status, .headers = std::move(headers)}, "", {});
}

TEST(AnswerTable, SortsEveryStatus) {
    for (int status = 100; status < 600; ++status) {
        Disposition wanted = Disposition::retry_short;
        if (status < 200) wanted = Disposition::retry;
        if (status >= 200 && status < 300) wanted = Disposition::delivered;
        if (status >= 300 && status < 400) wanted = Disposition::retry;
        if (status == 408 || status == 425 || status == 429) wanted = Disposition::retry;
        if (status == 410) wanted = Disposition::park;
        if (status >= 500) wanted = Disposition::retry;
        EXPECT_EQ(judge(status).disposition, wanted) << status;
        EXPECT_EQ(judge(status).endpoint_failed, wanted == Disposition::retry) << status;
    }
}

TEST(AnswerTable, BlamesTheEndpointForNoAnswerButNotForAForbiddenAddress) {
    const auto timeout =
        judge_answer(Error(ErrorCode::outcome_unknown, "x").because("timed_out"), "", {});
    EXPECT_EQ(timeout.outcome, "timeout");
    EXPECT_TRUE(timeout.endpoint_failed);
    const auto lost = judge_answer(Error(ErrorCode::unavailable, "x"), "", {});
    EXPECT_EQ(lost.outcome, "network_error");
    EXPECT_TRUE(lost.endpoint_failed);
    const auto blocked = judge_answer(
        Error(ErrorCode::failed_precondition, "x").because(transport::kBlockedAddress), "", {});
    EXPECT_EQ(blocked.disposition, Disposition::give_up);
    EXPECT_FALSE(blocked.endpoint_failed);
}

TEST(AnswerTable, LetsTheBodyDecideWhereThatIsAskedFor) {
    const auto judge_body = [](int status, std::string body) {
        return judge_answer(ClientReply{.status = status, .body = std::move(body)}, "success", {})
            .disposition;
    };
    EXPECT_EQ(judge_body(200, "success"), Disposition::delivered);
    EXPECT_EQ(judge_body(200, " success\r\n"), Disposition::delivered);
    EXPECT_EQ(judge_body(200, "SUCCESS"), Disposition::retry);
    EXPECT_EQ(judge_body(200, "success!"), Disposition::retry);
    EXPECT_EQ(judge_body(200, ""), Disposition::retry);
    EXPECT_EQ(judge_body(500, "success"), Disposition::retry);
}

TEST(AnswerTable, ObeysTheReceiversOwnWords) {
    EXPECT_EQ(judge(500, {{"Webhook-Delivery", "abort-message"}}).disposition, Disposition::cancel);
    EXPECT_EQ(judge(500, {{"webhook-delivery", "disable"}}).disposition, Disposition::park);
    EXPECT_EQ(judge(500, {{"webhook-delivery", "else"}}).disposition, Disposition::retry);
}

TEST(AnswerTable, SlowsDownForA429Or503ThatSaysHowLong) {
    EXPECT_TRUE(judge(429, {{"Retry-After", "7"}}).slow_down);
    EXPECT_TRUE(judge(503, {{"Retry-After", "7"}}).slow_down);
    EXPECT_FALSE(judge(503).slow_down);
    EXPECT_FALSE(judge(500, {{"Retry-After", "7"}}).slow_down);
    EXPECT_EQ(judge(500, {{"Retry-After", "7"}}).retry_after, std::chrono::seconds(7));
}

TEST(RetryAfter, IsSecondsOrAnHttpDate) {
    const Timestamp now{784'111'777'000};  // Sun, 06 Nov 1994 08:49:37 GMT
    using std::chrono::hours;
    using std::chrono::seconds;
    EXPECT_EQ(parse_retry_after("0", now), seconds(0));
    EXPECT_EQ(parse_retry_after("120", now), seconds(120));
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), seconds(60));
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:48:37 GMT", now), seconds(0));
    EXPECT_EQ(parse_retry_after("Fri, 01 Jan 2100 00:00:00 GMT", now), hours(24));
    EXPECT_EQ(parse_retry_after("99999999999999999999", now), hours(24));
    for (const char* garbage :
         {"", "-1", "1.5", "soon", "Sun, 31 Feb 1994 08:50:37 GMT",
          "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 25:50:37 GMT"}) {
        EXPECT_FALSE(parse_retry_after(garbage, now)) << garbage;
    }
}

}  // namespace
}  // namespace tollgate::callbacks
