#include "tunnel/doors.h"

#include <gtest/gtest.h>

#include "signing/digest.h"
#include "tunnel/event_key.h"
#include "tunnel/provider_answers.h"
#include "tunnel/relay_route.h"

namespace tollgate::tunnel {
namespace {

Doors doors() {
    return Doors({{.name = "alice",
                   .hosts = {"alice.example.com"},
                   .token_sha256 = {signing::sha256_hex("one"), signing::sha256_hex("two")}},
                  {.name = "bob", .token_sha256 = {signing::sha256_hex("three")}}});
}

std::optional<Doors::Place> find(const std::string& target, const std::string& host = "relay") {
    return doors().find(target, host);
}

TEST(Doors, ReadsThePathWithoutTouchingWhatFollows) {
    const auto place = find("/t/bob/a%2Fb//c?x=1+2&y=%0A");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->door, 1U);
    EXPECT_EQ(place->target, "/a%2Fb//c?x=1+2&y=%0A");
    EXPECT_EQ(place->prefix, "/t/bob");
    EXPECT_EQ(find("/t/bob")->target, "/");
    EXPECT_EQ(find("/t/bob?x=1")->target, "/?x=1");
}

TEST(Doors, GivesAHostAllOfItsPaths) {
    const auto place = find("/x/exchange", "Alice.example.com:8443");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->door, 0U);
    EXPECT_EQ(place->target, "/x/exchange");
    EXPECT_EQ(place->prefix, "");
}

TEST(Doors, TellsAnUnknownTunnelFromWhatIsNone) {
    ASSERT_TRUE(find("/t/eve/x"));
    EXPECT_EQ(find("/t/eve/x")->door, std::nullopt);
    EXPECT_EQ(find("/x/exchange"), std::nullopt);
    EXPECT_EQ(find("/"), std::nullopt);
}

TEST(Doors, OpensWithEitherTokenWhileOneIsBeingChanged) {
    EXPECT_EQ(doors().opened_by("Bearer one"), 0U);
    EXPECT_EQ(doors().opened_by("Bearer two"), 0U);
    EXPECT_EQ(doors().opened_by("Bearer three"), 1U);
    for (const char* wrong :
         {"", "Bearer ", "Bearer four", "bearer one", "one", "Basic one", "Bearer one "}) {
        EXPECT_EQ(doors().opened_by(wrong), std::nullopt) << wrong;
    }
}

TEST(RelayRoute, IsAClientsOnlyWithATokenWhereThePathIsATunnels) {
    const auto kind = [](const char* host, const char* target, const char* token) {
        return route_of(doors(), target, {{"Host", host}, {"Authorization", token}}).kind;
    };
    using Kind = RelayRoute::Kind;
    for (const char* target : {"/x/hold", "/x/hold?a=b", "/x/%68old"}) {
        EXPECT_EQ(kind("alice.example.com", target, "Bearer one"), Kind::hold) << target;
        EXPECT_EQ(kind("alice.example.com", target, "Bearer four"), Kind::callback) << target;
        EXPECT_EQ(kind("relay", target, "Bearer four"), Kind::hold) << "to be refused";
    }
    EXPECT_EQ(kind("relay", "/t/bob/x/exchange", "Bearer three"), Kind::exchange);
    EXPECT_EQ(kind("alice.example.com", "/x/exchange/", "Bearer one"), Kind::callback);
    EXPECT_EQ(kind("relay", "/t/eve/x/hold", ""), Kind::unknown_tunnel);
    EXPECT_EQ(kind("relay", "/healthz", ""), Kind::other);
    const auto bobs = route_of(doors(), "/x/hold",
                               {{"Host", "alice.example.com"}, {"Authorization", "Bearer three"}});
    EXPECT_EQ(bobs.opened, 1U) << "the token says whose, not the name";
}

TEST(EventKey, FollowsTheProvidersIdOverEveryOtherChange) {
    Callback first{
        .method = "POST", .target = "/notify", .headers = {}, .body = "a=1&notify_id=n1"};
    first.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
    Callback again = first;
    again.body = "notify_id=n1&a=2";
    EXPECT_TRUE(key_of(first).strong);
    EXPECT_EQ(key_of(first).text, key_of(again).text);
    again.body = "a=1&xnotify_id=n1";
    EXPECT_FALSE(key_of(again).strong);
    again = first;
    again.target = "/other";
    EXPECT_NE(key_of(first).text, key_of(again).text);
}

TEST(EventKey, FallsBackToAHashOfEverythingThatCounts) {
    const Callback first{.method = "POST", .target = "/n?x=1", .body = "body"};
    Callback other = first;
    EXPECT_FALSE(key_of(first).strong);
    EXPECT_EQ(key_of(first).text, key_of(other).text);
    other.target = "/n?x=2";
    EXPECT_NE(key_of(first).text, key_of(other).text);
}

TEST(ProviderAnswers, AreHonest) {
    const config::TunnelDoor door{.retry_after_seconds = 7};
    const auto offline = answer_for(NoAnswer::offline, door, true);
    EXPECT_EQ(offline.status, 503);
    EXPECT_EQ(transport::find_header(offline.headers, "Retry-After"), "7");
    EXPECT_EQ(answer_for(NoAnswer::slow, door, true).status, 504);
    EXPECT_EQ(answer_for(NoAnswer::unknown_tunnel, door, false).status, 503);
    EXPECT_EQ(answer_for(NoAnswer::too_large, door, false).status, 413);
    EXPECT_EQ(answer_for(NoAnswer::too_many, door, false).status, 429);
    const auto down = answer_of({.failure = AppFailure::down, .error = "refused"}, door, true);
    EXPECT_EQ(down.status, 502);
    EXPECT_NE(down.body.find("refused"), std::string::npos);
}

TEST(ProviderAnswers, AcceptOnlyWhatIsKept) {
    config::TunnelDoor door;
    door.fallback = {.accept = true, .body = "success"};
    EXPECT_EQ(answer_for(NoAnswer::offline, door, true).body, "success");
    EXPECT_EQ(answer_for(NoAnswer::offline, door, false).status, 503);
    EXPECT_EQ(answer_for(NoAnswer::full, door, true).status, 503);
    EXPECT_EQ(answer_for(NoAnswer::too_large, door, true).status, 413);
    EXPECT_EQ(answer_of({.status = 500}, door, true).status, 500) << "the app's word stands";
}

}  // namespace
}  // namespace tollgate::tunnel
