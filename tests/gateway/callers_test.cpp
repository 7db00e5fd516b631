#include "gateway/callers.h"

#include <gtest/gtest.h>

#include "signing/digest.h"
#include "tests/support/fakes.h"

namespace tollgate::gateway {
namespace {

using tollgate::testing::HandClock;

transport::ServerRequest request_of(const std::string& key) {
    transport::ServerRequest request;
    request.headers = {{"Authorization", "Bearer " + key}};
    return request;
}

// The status of the refusal; 200 when he is let in.
int asked(const Callers& callers, const std::string& key, const char* right = "read") {
    const auto admitted = callers.admit(request_of(key), right);
    const auto* const problem = std::get_if<ApiProblem>(&admitted);
    return problem == nullptr ? 200 : problem->status;
}

config::CallerSettings caller(const std::string& key, std::int64_t per_second, std::int64_t burst) {
    return {.id = key,
            .key_sha256 = {signing::sha256_hex(key)},
            .apps = {"shop"},
            .rights = {"read"},
            .requests_per_second = per_second,
            .burst = burst};
}

TEST(CallersRate, RefusesWhoAsksTooOftenAndSaysWhenHeMayAgain) {
    HandClock clock;
    const Callers callers({caller("a", 10, 2), caller("b", 0, 0)}, clock);
    EXPECT_EQ(asked(callers, "a"), 200);
    EXPECT_EQ(asked(callers, "a"), 200);
    const auto refused = callers.admit(request_of("a"), "read");
    ASSERT_TRUE(std::holds_alternative<ApiProblem>(refused));
    EXPECT_EQ(std::get<ApiProblem>(refused).status, 429);
    EXPECT_EQ(std::get<ApiProblem>(refused).code, "too_many_requests");
    EXPECT_EQ(std::get<ApiProblem>(refused).retry_after_seconds, 1);
    // Nobody else pays for it, and a key that nobody has costs nobody anything.
    EXPECT_EQ(asked(callers, "b"), 200);
    EXPECT_EQ(asked(callers, "nobody"), 401);
    clock.pass(std::chrono::milliseconds(100));
    EXPECT_EQ(asked(callers, "a"), 200);
    EXPECT_EQ(asked(callers, "a"), 429);
}

TEST(CallersRate, LetsASecondsWorthComeAtOnceWithoutABurst) {
    HandClock clock;
    const Callers callers({caller("a", 3, 0)}, clock);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(asked(callers, "a"), 200);
    EXPECT_EQ(asked(callers, "a"), 429);
    clock.pass(std::chrono::seconds(1));
    EXPECT_EQ(asked(callers, "a", "create"), 403);  // A refusal counts: it was a request.
}

}  // namespace
}  // namespace tollgate::gateway
