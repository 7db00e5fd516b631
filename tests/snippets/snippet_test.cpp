// The programs of docs/snippets against what we sign: each in its own language, where that is
// installed.
#include <cstdlib>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "signing/entropy.h"
#include "signing/webhook.h"
#include "tests/support/fakes.h"
#include "tests/support/source_dir.h"

namespace tollgate::testing {
namespace {

struct Language {
    const char* name;
    const char* probe;    // Succeeds where it is installed.
    const char* prepare;  // In the snippets' folder, with $OUT to write to; may be nothing.
    const char* run;
};

struct Message {
    std::string id = "evt_01m82mfe14w251rhyjzqqees4t";
    std::string timestamp;
    std::string signatures;
    std::string body = R"({"type":"payment.paid","data":{"subject":"一本书 \u0000"}})";
};

class Snippets : public ::testing::TestWithParam<Language> {
protected:
    void SetUp() override {
        if (shell(GetParam().probe) != 0) GTEST_SKIP() << GetParam().name << " is not installed";
        ASSERT_EQ(shell(std::string("cd ") + (source_dir() / "docs/snippets").string() +
                        " && OUT=" + folder_.file("") + " && " + GetParam().prepare),
                  0);
        secret_ = std::string(signing::make_webhook_secret(signing::openssl_entropy()).reveal());
        other_ = std::string(signing::make_webhook_secret(signing::openssl_entropy()).reveal());
    }

    static int shell(const std::string& command) {
        const int status = std::system(("(" + command + ") >/dev/null 2>&1").c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    Message signed_by(const std::vector<std::string>& secrets, std::int64_t seconds_ago = 0) const {
        std::vector<signing::WebhookKey> keys;
        for (const std::string& secret : secrets) {
            keys.push_back(*signing::WebhookKey::parse(secret));
        }
        Message message;
        const std::int64_t at = system_clock().now().ms / 1000 - seconds_ago;
        message.timestamp = std::to_string(at);
        message.signatures = signing::webhook_signatures(keys, message.id, at, message.body);
        return message;
    }

    // Whether the snippet believes it; anything but yes or no fails the test.
    bool believes(const Message& message, const std::vector<std::string>& secrets) {
        std::ofstream(folder_.file("body"), std::ios::binary) << message.body;
        std::string command = "cd " + (source_dir() / "docs/snippets").string() +
                              " && OUT=" + folder_.file("") + " && WEBHOOK_ID='" + message.id +
                              "' WEBHOOK_TIMESTAMP='" + message.timestamp +
                              "' WEBHOOK_SIGNATURE='" + message.signatures + "' " + GetParam().run;
        for (const std::string& secret : secrets) command += " " + secret;
        const int code = shell(command + " < " + folder_.file("body") + " | tee " +
                               folder_.file("said") + " | grep -q '^verified '");
        std::ifstream said(folder_.file("said"));
        const std::string text(std::istreambuf_iterator<char>(said), {});
        EXPECT_TRUE(text.starts_with("verified ") || text.starts_with("refused: ")) << text;
        return code == 0;
    }

    TempFolder folder_;
    std::string secret_;
    std::string other_;
};

TEST_P(Snippets, BelieveWhatWeSignAndNothingElse) {
    const Message good = signed_by({secret_});
    EXPECT_TRUE(believes(good, {secret_}));
    EXPECT_FALSE(believes(good, {other_}));
    Message changed = good;
    changed.body += " ";
    EXPECT_FALSE(believes(changed, {secret_}));
    changed = good;
    changed.id += "x";
    EXPECT_FALSE(believes(changed, {secret_}));
    changed = good;
    changed.signatures = "";
    EXPECT_FALSE(believes(changed, {secret_}));
    // A version that it does not know is no signature, whatever stands there.
    changed = good;
    changed.signatures.replace(0, 3, "v9,");
    EXPECT_FALSE(believes(changed, {secret_}));
    changed.signatures = "v1a,AAAA v1 v1, " + good.signatures;
    EXPECT_TRUE(believes(changed, {secret_}));
}

TEST_P(Snippets, KeepTheirTimeAndChangeTheirSecretWithoutLosingAnything) {
    EXPECT_TRUE(believes(signed_by({secret_}, 290), {secret_}));
    EXPECT_FALSE(believes(signed_by({secret_}, 310), {secret_}));
    EXPECT_FALSE(believes(signed_by({secret_}, -310), {secret_}));
    Message message = signed_by({secret_});
    message.timestamp = "";
    EXPECT_FALSE(believes(message, {secret_}));
    message.timestamp = "soon";
    EXPECT_FALSE(believes(message, {secret_}));
    // We sign with both while one is being changed; they may know either, or both.
    const Message both = signed_by({other_, secret_});
    EXPECT_TRUE(believes(both, {secret_}));
    EXPECT_TRUE(believes(signed_by({secret_}), {other_, secret_}));
}

INSTANTIATE_TEST_SUITE_P(
    Docs, Snippets,
    ::testing::Values(Language{"python", "python3 --version", "true", "python3 verify_event.py"},
                      Language{"node", "node --version", "true", "node verify_event.mjs"},
                      Language{"java", "javac --version", "javac -d \"$OUT\" VerifyEvent.java",
                               "java -cp \"$OUT\" VerifyEvent"},
                      Language{"go", "go version",
                               "GOCACHE=\"$OUT/cache\" go build -o \"$OUT/go\" verify_event.go",
                               "\"$OUT/go\""}),
    [](const auto& language) { return std::string(language.param.name); });

}  // namespace
}  // namespace tollgate::testing
