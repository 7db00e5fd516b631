// Conformance: facts from public test suites and specifications that nobody here made up.
#include "tests/signing/vectors.h"

#include <gtest/gtest.h>

#include "signing/answer.h"
#include "signing/app_result.h"
#include "signing/base64.h"
#include "signing/content.h"
#include "signing/content_cipher.h"
#include "signing/form.h"
#include "signing/json_scan.h"
#include "signing/notification.h"
#include "signing/webhook.h"

namespace tollgate::signing {
namespace {

using nlohmann::json;

class Vectors : public testing::Test {
protected:
    void SetUp() override {
        if (!vectors_folder()) GTEST_SKIP() << "skipped: no vectors";
    }
};

Fields fields_of(const json& params) {
    Fields fields;
    for (const auto& [name, value] : params.items()) fields.emplace_back(name, value);
    return fields;
}

Fields received_fields(const json& inputs) {
    for (const char* raw : {"body_form_encoded", "query_string"}) {
        if (!inputs.contains(raw)) continue;
        auto fields = decode_form(inputs[raw].get<std::string>());
        EXPECT_TRUE(fields);
        return fields ? *std::move(fields) : Fields();
    }
    return fields_of(inputs["params"]);
}

NotificationKeys keys_of(const json& inputs) {
    const auto key = PublicKey::parse(inputs["alipay_public_key"].get<std::string>());
    EXPECT_TRUE(key);
    const auto type = sign_type_from(inputs["sign_type"].get<std::string>());
    EXPECT_TRUE(type);
    return {{*key}, *type};
}

void check_notification(const json& inputs, const json& expected) {
    const Fields fields = received_fields(inputs);
    EXPECT_EQ(verify_notification(fields, keys_of(inputs)).has_value(), expected["valid"]);
    if (expected.contains("v1_content")) {
        EXPECT_EQ(notification_content(fields), expected["v1_content"]);
    }
    if (expected.contains("v1_content_base64")) {
        EXPECT_EQ(to_base64(notification_content(fields)), expected["v1_content_base64"]);
    }
}

void check_notification_v2(const json& inputs, const json& expected) {
    const Fields fields = received_fields(inputs);
    const NotificationKeys keys = keys_of(inputs);
    EXPECT_EQ(notification_content_v2(fields), expected["v2_content"]);
    EXPECT_EQ(verify_notification_v2(fields, keys).has_value(), expected["valid"]);
}

void check_return(const json& inputs, const json& expected) {
    const Fields fields = received_fields(inputs);
    EXPECT_EQ(verify_return(fields, keys_of(inputs)).has_value(), expected["valid"]);
    if (expected.contains("v1_content")) {
        EXPECT_EQ(notification_content(fields), expected["v1_content"]);
    }
    if (expected.contains("valid_without_dropping")) {
        EXPECT_EQ(verify_notification(fields, keys_of(inputs)).has_value(),
                  expected["valid_without_dropping"]);
    }
}

TEST_F(Vectors, Notifications) {
    Tally tally("notify.json");
    for (const json& vector : read_alipay_vectors("notify.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        tally.count(kind);
        if (kind == "notify_verify") {
            check_notification(vector["inputs"], vector["expected"]);
        } else if (kind == "notify_verify_v2") {
            check_notification_v2(vector["inputs"], vector["expected"]);
        } else if (kind == "return_verify") {
            check_return(vector["inputs"], vector["expected"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

void check_raw(const json& inputs, const json& expected) {
    const auto key = PublicKey::parse(inputs["public_key"].get<std::string>(), {.bits_min = 1024});
    ASSERT_TRUE(key);
    const SignType type = *sign_type_from(inputs["sign_type"].get<std::string>());
    EXPECT_EQ(
        key->verify(inputs["content"].get<std::string>(), inputs["sign"].get<std::string>(), type)
            .has_value(),
        expected["valid"]);
}

void check_content(const json& inputs, const json& expected) {
    json params = inputs["params"];
    for (const json& dropped : inputs["drop_params"]) params.erase(dropped.get<std::string>());
    EXPECT_EQ(request_content(fields_of(params)), expected["content"]);
}

TEST_F(Vectors, Signing) {
    Tally tally("sign.json");
    for (const json& vector : read_alipay_vectors("sign.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        if (kind == "md5_legacy") {
            // The old MAPI gateway, which Tollgate does not speak.
            tally.count("not ours: " + kind + " " + vector["id"].get<std::string>());
            continue;
        }
        tally.count(kind);
        if (kind == "verify_raw") {
            check_raw(vector["inputs"], vector["expected"]);
        } else if (kind == "sign_content") {
            check_content(vector["inputs"], vector["expected"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

std::string with_plain_slashes(std::string text) {
    for (std::size_t at = 0; (at = text.find("\\/", at)) != std::string::npos; ++at) {
        text.erase(at, 1);
    }
    return text;
}

void check_response(const json& inputs, const json& expected) {
    const std::string body = inputs["body"];
    const auto answer = split_answer(body, inputs["method"].get<std::string>());
    ASSERT_TRUE(answer);
    const NotificationKeys keys = keys_of(inputs);
    EXPECT_EQ(verify_answer(*answer, keys.alipay, keys.sign_type).has_value(), expected["valid"]);
    if (!expected.contains("signed_text")) return;
    const std::string text(answer->node_text);
    EXPECT_TRUE(text == expected["signed_text"] ||
                with_plain_slashes(text) == expected["signed_text"]);
    if (!inputs.contains("aes_key")) return;
    const auto content_key =
        ContentKey::parse(inputs["aes_key"].get<std::string>(), EncryptType::aes);
    ASSERT_TRUE(content_key);
    const auto ciphertext = decode_json_string(answer->node_text);
    ASSERT_TRUE(ciphertext);
    const auto plain = content_key->decrypt(*ciphertext);
    ASSERT_TRUE(plain);
    EXPECT_EQ(*plain, expected["plaintext"]);
}

void check_app_result(const json& inputs, const json& expected) {
    const auto node = verify_app_result(inputs["body"].get<std::string>(),
                                        inputs["method"].get<std::string>(), keys_of(inputs));
    ASSERT_EQ(node.has_value(), expected["valid"]);
    if (node) {
        EXPECT_EQ(*node, expected["signed_text"]);
    }
}

TEST_F(Vectors, Answers) {
    Tally tally("response.json");
    for (const json& vector : read_alipay_vectors("response.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        tally.count(kind);
        if (kind == "response_verify" || kind == "response_verify_encrypted") {
            check_response(vector["inputs"], vector["expected"]);
        } else if (kind == "app_result_verify") {
            check_app_result(vector["inputs"], vector["expected"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

void check_extract(const json& inputs, const json& expected) {
    const std::string body = inputs["body"];
    const auto answer = split_answer(body, inputs["method"].get<std::string>());
    if (expected.contains("error")) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().reason(), "answer_" + expected["error"].get<std::string>());
        return;
    }
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->node_text, expected["signed_text"]);
    if (expected.contains("sign")) {
        EXPECT_EQ(answer->sign, expected["sign"]);
    }
    if (expected.contains("alipay_cert_sn")) {
        EXPECT_EQ(answer->alipay_cert_sn, expected["alipay_cert_sn"]);
    }
}

TEST_F(Vectors, SignedTextOfAnswers) {
    Tally tally("extract.json");
    for (const json& vector : read_alipay_vectors("extract.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        tally.count(kind);
        if (kind == "response_extract") {
            check_extract(vector["inputs"], vector["expected"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

// The Python suite's own secrets have 23 bytes, one under the specification's minimum.
WebhookKey webhook_key(const json& secret) {
    const auto key = WebhookKey::parse(secret.get<std::string>(), {.bytes_min = 23});
    EXPECT_TRUE(key);
    return *key;
}

std::string webhook_body(const json& vector) {
    if (!vector.contains("body_b64")) return vector["body"];
    return *from_base64(vector["body_b64"].get<std::string>());
}

void check_webhook_verify(const json& vector) {
    const std::int64_t seconds = vector["timestamp"];
    const std::string id = vector["id"];
    const std::string timestamp = std::to_string(seconds);
    const std::string header = vector["header"];
    const std::string body = webhook_body(vector);
    const auto key =
        WebhookVerifyingKey::parse(vector["secret"].get<std::string>(), {.bytes_min = 23});
    ASSERT_TRUE(key);
    const std::vector<WebhookVerifyingKey> keys{*key};
    const WebhookMessage message{
        .id = id, .timestamp = timestamp, .signatures = header, .body = body};
    EXPECT_EQ(verify_webhook(keys, message, seconds).has_value(), vector["valid"]);
}

TEST_F(Vectors, Webhooks) {
    Tally tally("standard-webhooks.json");
    const json all = read_vectors("standard-webhooks.json");
    for (const auto& [section, unused] : all.items()) {
        EXPECT_TRUE(section == "scheme" || section == "sign" || section == "verify" ||
                    section == "rotation")
            << "unknown section " << section;
    }
    for (const json& vector : all["sign"]) {
        SCOPED_TRACE(vector["name"].get<std::string>());
        const std::string kind = vector["kind"];
        ASSERT_TRUE(kind == "v1" || kind == "v1a") << kind;
        EXPECT_EQ(webhook_key(vector["secret"])
                      .signature(vector["id"].get<std::string>(), vector["timestamp"],
                                 webhook_body(vector)),
                  vector["expected"]);
        tally.count("sign " + kind);
    }
    for (const json& vector : all["verify"]) {
        SCOPED_TRACE(vector["name"].get<std::string>());
        const std::string kind = vector["kind"];
        ASSERT_TRUE(kind == "v1" || kind == "v1a") << kind;
        check_webhook_verify(vector);
        tally.count("verify " + kind);
    }
    for (const json& vector : all["rotation"]) {
        SCOPED_TRACE(vector["name"].get<std::string>());
        std::vector<WebhookKey> keys;
        for (const json& secret : vector["secrets"]) keys.push_back(webhook_key(secret));
        EXPECT_EQ(webhook_signatures(keys, vector["id"].get<std::string>(), vector["timestamp"],
                                     webhook_body(vector)),
                  vector["expected_header"]);
        tally.count("rotation");
    }
}

}  // namespace
}  // namespace tollgate::signing
