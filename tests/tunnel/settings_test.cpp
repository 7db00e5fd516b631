#include <gtest/gtest.h>

#include "config/tunnel_settings.h"
#include "tests/support/source_dir.h"

namespace tollgate::config {
namespace {

const std::string kHash(64, 'a');

std::vector<Problem> problems_of(const std::string& json) {
    auto loaded = load_tunnel(json, "/etc/tollgate");
    const auto* problems = std::get_if<std::vector<Problem>>(&loaded);
    return problems == nullptr ? std::vector<Problem>{} : *problems;
}

TEST(TunnelSettings, TheExampleIsSound) {
    auto loaded = load_tunnel_file(source_dir() / "config/tunnel.example.json");
    if (const auto* problems = std::get_if<std::vector<Problem>>(&loaded)) {
        FAIL() << to_text(*problems);
    }
    const auto& settings = std::get<TunnelSettings>(loaded);
    EXPECT_TRUE(settings.behind_proxy);
    ASSERT_EQ(settings.tunnels.size(), 1U);
    EXPECT_EQ(settings.tunnels[0].name, "alice");
    EXPECT_EQ(settings.tunnels[0].body_bytes_max, 1024 * 1024);
    EXPECT_FALSE(settings.tunnels[0].fallback.accept);
    ASSERT_TRUE(settings.inspector);
    EXPECT_EQ(settings.inspector->listen.port, 8641);
    EXPECT_TRUE(settings.inspector->alipay_key_files.at(0).ends_with("/alipay_public_key.pem"));
}

TEST(TunnelSettings, KeepsTheInspectorOnThisMachineAndBehindAToken) {
    const auto problems = problems_of(R"({
        "store": {"sqlite_file": "r.db"},
        "tunnels": [{"name": "a", "token_sha256": [")" +
                                      kHash + R"("]}],
        "inspector": {"listen": "0.0.0.0:8641", "hosts": ["a:1"]}})");
    std::vector<std::string> places;
    for (const auto& problem : problems) places.push_back(problem.where);
    EXPECT_EQ(places, (std::vector<std::string>{"/inspector/listen", "/inspector/hosts",
                                                "/inspector/token_sha256"}));
}

TEST(TunnelSettings, ReadsAnAnswerOfItsOwn) {
    auto loaded = load_tunnel(R"({"store": {"sqlite_file": "r.db", "durable": false},
        "tunnels": [{"name": "a", "token_sha256": [")" +
                                  kHash + R"("],
        "without_answer": {"policy": "accept", "content_type": "application/json",
                           "body": "{\"code\":\"SUCCESS\"}"}}]})",
                              "/etc/tollgate");
    const auto* settings = std::get_if<TunnelSettings>(&loaded);
    ASSERT_NE(settings, nullptr);
    EXPECT_TRUE(settings->tunnels[0].fallback.accept);
    EXPECT_EQ(settings->tunnels[0].fallback.body, R"({"code":"SUCCESS"})");
    EXPECT_EQ(settings->sqlite_file, "/etc/tollgate/r.db");
    EXPECT_FALSE(settings->durable);
}

TEST(TunnelSettings, NamesEveryProblemAtOnceWithItsPath) {
    const auto problems = problems_of(R"({
        "listen": "nowhere",
        "tls": {"certificate": "c.pem"},
        "tunnels": [
            {"name": "Alice", "token_sha256": ["abc"], "limits": {"kept_days": 0}},
            {"name": "bob", "token_sha256": [")" +
                                      kHash + R"("], "hosts": ["A.example"],
             "without_answer": {"body": "success"}},
            {"name": "bob", "token_sha256": [")" +
                                      kHash + R"("], "port": 1}
        ]})");
    std::vector<std::string> places;
    for (const auto& problem : problems) places.push_back(problem.where);
    const std::vector<std::string> expected = {"/listen",
                                               "/tls/key",
                                               "/store",
                                               "/tunnels/0/name",
                                               "/tunnels/0/token_sha256",
                                               "/tunnels/0/limits/kept_days",
                                               "/tunnels/1/hosts",
                                               "/tunnels/1/without_answer/body",
                                               "/tunnels/2/port",
                                               "/tunnels/2/name",
                                               "/tunnels/2/token_sha256"};
    EXPECT_EQ(places, expected);
}

TEST(TunnelSettings, AllowsTwoTokensForARotationAndNoMore) {
    const auto with = [](const std::string& tokens) {
        return problems_of(R"({"store": {"sqlite_file": "r.db"},
            "tunnels": [{"name": "a", "token_sha256": [)" +
                           tokens + "]}]}");
    };
    const auto token = [](char digit) { return "\"" + std::string(64, digit) + "\""; };
    EXPECT_TRUE(with(token('1') + "," + token('2')).empty());
    EXPECT_EQ(with(token('1') + "," + token('2') + "," + token('3')).size(), 1U);
    EXPECT_EQ(with("").size(), 1U);
}

}  // namespace
}  // namespace tollgate::config
