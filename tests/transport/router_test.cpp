#include "transport/router.h"

#include <gtest/gtest.h>

namespace tollgate::transport {
namespace {

using Outcome = Router::Outcome;

Handler nothing() {
    return [](ServerRequest&, Ticket) {};
}

Router payments() {
    Router router;
    router.add("GET", "/v1/payments", nothing());
    router.add("POST", "/v1/payments", nothing());
    router.add("GET", "/v1/payments/{id}", nothing());
    router.add("GET", "/v1/payments/recent", nothing());
    router.add("POST", "/v1/payments/{id}/refunds/{number}", nothing());
    router.add("GET", "/", nothing());
    return router;
}

TEST(Router, FindsExactPathsByMethod) {
    const Router router = payments();
    const auto get = router.match("GET", "/v1/payments");
    const auto post = router.match("POST", "/v1/payments");
    EXPECT_EQ(get.outcome, Outcome::found);
    EXPECT_EQ(post.outcome, Outcome::found);
    EXPECT_NE(get.handler, post.handler);
    EXPECT_EQ(router.match("GET", "/").outcome, Outcome::found);
}

TEST(Router, CapturesSegmentsInOrder) {
    const Router router = payments();
    const auto match = router.match("POST", "/v1/payments/pay_1/refunds/r-7");
    ASSERT_EQ(match.outcome, Outcome::found);
    EXPECT_EQ(match.captures, (std::vector<std::string>{"pay_1", "r-7"}));
}

TEST(Router, PrefersAnExactPath) {
    const Router router = payments();
    const auto match = router.match("GET", "/v1/payments/recent");
    EXPECT_EQ(match.outcome, Outcome::found);
    EXPECT_TRUE(match.captures.empty());
}

TEST(Router, CapturesTextOnly) {
    const Router router = payments();
    EXPECT_EQ(router.match("GET", "/v1/payments/%E4%B9%A6").captures.at(0), "\xE4\xB9\xA6");
    EXPECT_EQ(router.match("GET", "/v1/payments/%FF").outcome, Outcome::no_such_path);
}

TEST(Router, DecodesCapturesWithoutSplittingThem) {
    const Router router = payments();
    const auto match = router.match("GET", "/v1/payments/a%2Fb%2520");
    ASSERT_EQ(match.outcome, Outcome::found);
    EXPECT_EQ(match.captures, (std::vector<std::string>{"a/b%20"}));
}

TEST(Router, ReadsEscapedLiteralsButTakesNoEscapedSlashForASeparator) {
    const Router router = payments();
    EXPECT_EQ(router.match("GET", "/v1/p%61yments").outcome, Outcome::found);
    EXPECT_EQ(router.match("GET", "/v1%2Fpayments").outcome, Outcome::no_such_path);
    EXPECT_EQ(router.match("GET", "/v1/%zz").outcome, Outcome::no_such_path);
}

TEST(Router, RefusesEmptySegmentsAndOtherDepths) {
    const Router router = payments();
    for (const char* path : {"/v1/payments/", "/v1/payments//refunds/1", "/v1", "/v1/payments/1/2",
                             "//v1/payments", "", "v1/payments"}) {
        EXPECT_EQ(router.match("GET", path).outcome, Outcome::no_such_path) << path;
    }
}

TEST(Router, NamesTheMethodsOfAPath) {
    const Router router = payments();
    const auto match = router.match("DELETE", "/v1/payments");
    EXPECT_EQ(match.outcome, Outcome::no_such_method);
    EXPECT_EQ(match.handler, nullptr);
    EXPECT_EQ(match.allowed_methods, "GET, HEAD, POST");
    EXPECT_EQ(router.match("GET", "/v1/payments/1/refunds/2").allowed_methods, "POST");
}

TEST(Router, AnswersHeadWithGet) {
    const Router router = payments();
    EXPECT_EQ(router.match("HEAD", "/v1/payments").handler,
              router.match("GET", "/v1/payments").handler);
    EXPECT_EQ(router.match("HEAD", "/v1/payments/1/refunds/2").outcome, Outcome::no_such_method);
}

TEST(Router, GivesTheFallbackWhatNoRouteMeans) {
    Router router = payments();
    router.add_fallback(nothing());
    const Handler* const fallback = router.match("PATCH", "/any/%2F//thing/").handler;
    ASSERT_NE(fallback, nullptr);
    EXPECT_EQ(router.match("GET", "/").outcome, Outcome::found);
    EXPECT_NE(router.match("GET", "/").handler, fallback);
    EXPECT_EQ(router.match("DELETE", "/v1/payments").outcome, Outcome::no_such_method);
}

TEST(RouterDeathTest, RefusesTwoHandlersForOneRoute) {
    Router router = payments();
    EXPECT_DEATH(router.add("GET", "/v1/payments/{other}", nothing()), "added");
    EXPECT_DEATH(router.add("GET", "v1", nothing()), "");
}

}  // namespace
}  // namespace tollgate::transport
