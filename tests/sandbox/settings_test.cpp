#include <filesystem>
#include <fstream>

#include <stdlib.h>

#include <gtest/gtest.h>

#include "config/sandbox_settings.h"
#include "tests/support/source_dir.h"

namespace tollgate::config {
namespace {

class SandboxSettingsFile : public testing::Test {
protected:
    SandboxSettingsFile() {
        setenv("TOLLGATE_SANDBOX_TEST", "text", 1);  // NOLINT: before any other thread.
    }
    static std::string problems(const std::string& text) {
        const auto loaded = load_sandbox(text, ".");
        const auto* list = std::get_if<std::vector<Problem>>(&loaded);
        return list == nullptr ? "" : to_text(*list);
    }
};

constexpr const char* kWhole = R"({
    // The pretend Alipay.
    "alipay": {
        "listen": "127.0.0.1:8710", "private_key": {"env": "TOLLGATE_SANDBOX_TEST"},
        "time_scale": 60, "immediate_resends": false,
        "apps": [{"app_id": "9021", "seller_id": "2088000000000001", "name": "Shop",
                  "app_public_key": {"env": "TOLLGATE_SANDBOX_TEST"}}]
    },
    "shop": {"gateway": "http://127.0.0.1:8601/", "app": "shop",
             "api_key": {"env": "TOLLGATE_SANDBOX_TEST"},
             "event_secret": {"env": "TOLLGATE_SANDBOX_TEST"}}
})";

// Its keys and secrets are the reader's; everything else must be right.
TEST_F(SandboxSettingsFile, TheExampleIsWholeAndKnown) {
    const auto loaded = load_sandbox_file(source_dir() / "config/sandbox.example.json");
    const auto* list = std::get_if<std::vector<Problem>>(&loaded);
    if (list == nullptr) return;
    for (const Problem& problem : *list) {
        EXPECT_TRUE(problem.what.starts_with("cannot read") ||
                    problem.what.starts_with("the environment has no"))
            << problem.where << ": " << problem.what;
    }
}

TEST_F(SandboxSettingsFile, ReadsAWholeFile) {
    const auto loaded = load_sandbox(kWhole, ".");
    const auto* settings = std::get_if<SandboxSettings>(&loaded);
    ASSERT_NE(settings, nullptr) << problems(kWhole);
    EXPECT_EQ(settings->alipay.listen.port, 8710);
    EXPECT_EQ(settings->shop.listen.port, 8620);
    EXPECT_EQ(settings->alipay.time_scale, 60);
    EXPECT_FALSE(settings->alipay.immediate_resends);
    EXPECT_EQ(settings->alipay.apps.at(0).sign_type, "RSA2");
    EXPECT_EQ(settings->shop.gateway, "http://127.0.0.1:8601");
}

TEST_F(SandboxSettingsFile, NamesEveryProblemAtOnce) {
    const std::string text = problems(R"({
        "alipay": {"listen": "8610", "time_scale": 0, "colour": 1,
                   "private_key": {"env": "TOLLGATE_NOT_SET"},
                   "apps": [{"app_id": "x", "seller_id": "2099", "sign_type": "MD5"}]},
        "shop": {"gateway": "ftp://x"}, "extra": {}})");
    for (const char* place :
         {"/alipay/listen:", "/alipay/time_scale:", "/alipay/colour:", "/alipay/private_key/env:",
          "/alipay/apps/0/app_id:", "/alipay/apps/0/seller_id:", "/alipay/apps/0/sign_type:",
          "/alipay/apps/0/app_public_key:", "/alipay/apps/0/name:", "/shop/gateway:", "/shop/app:",
          "/shop/api_key:", "/shop/event_secret:", "/extra:"}) {
        EXPECT_NE(text.find(place), std::string::npos) << place << "\n" << text;
    }
}

TEST_F(SandboxSettingsFile, AnAppIsInOneModeAndMayHaveAContentKey) {
    const auto with = [](const std::string& more) {
        std::string text = kWhole;
        const std::string key = R"("app_public_key": {"env": "TOLLGATE_SANDBOX_TEST"})";
        return text.replace(text.find(key), key.size(), more);
    };
    const std::string env = R"({"env": "TOLLGATE_SANDBOX_TEST"})";
    const std::string certificates = R"("certificates": {"app": )" + env + R"(, "alipay": [)" +
                                     env + ", " + env + R"(], "root": )" + env + "}";
    const auto loaded = load_sandbox(
        with(certificates + R"(, "encrypt_key": )" + env + R"(, "app_auth_token": )" + env), ".");
    const auto* settings = std::get_if<SandboxSettings>(&loaded);
    ASSERT_NE(settings, nullptr);
    ASSERT_TRUE(settings->alipay.apps.at(0).certificates);
    EXPECT_EQ(settings->alipay.apps.at(0).certificates->alipay.size(), 2U);
    EXPECT_EQ(settings->alipay.apps.at(0).encrypt_key.reveal(), "text");
    EXPECT_EQ(settings->alipay.apps.at(0).app_auth_token.reveal(), "text");
    EXPECT_NE(problems(with(certificates + R"(, "app_public_key": )" + env)).find("exclude"),
              std::string::npos);
    EXPECT_NE(problems(with(R"("certificates": {"app": )" + env + "}")).find("/alipay:"),
              std::string::npos);
}

TEST_F(SandboxSettingsFile, RefusesTwoMembersOfOneNameAndMissingParts) {
    EXPECT_NE(problems(R"({"shop": {}, "shop": {}})").find("twice"), std::string::npos);
    EXPECT_NE(problems("{}").find("/alipay: is missing"), std::string::npos);
    EXPECT_NE(problems("{"), "");
    EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(
        load_sandbox_file("/nonexistent/sandbox.json")));
}

}  // namespace
}  // namespace tollgate::config
