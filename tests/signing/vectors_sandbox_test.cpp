// The pretend Alipay judges by code of its own: it passes the published vectors, too.
#include <gtest/gtest.h>

#include "sandbox/certificate.h"
#include "sandbox/content_key.h"
#include "tests/signing/vectors.h"

namespace tollgate::sandbox {
namespace {

using signing::read_alipay_vectors;
using signing::Tally;

class SandboxVectors : public testing::Test {
protected:
    void SetUp() override {
        if (!signing::vectors_folder()) GTEST_SKIP() << "no vectors beside the source tree";
    }
};

TEST_F(SandboxVectors, SerialNamesOfCertificates) {
    Tally tally("cert_sn.json, by the sandbox");
    for (const nlohmann::json& vector : read_alipay_vectors("cert_sn.json")) {
        if (vector["id"] == "java-root-sm2-filter") continue;  // The sandbox knows RSA alone.
        SCOPED_TRACE(vector["id"].get<std::string>());
        const std::string kind = vector["kind"];
        tally.count(kind);
        const auto certificates = read_certificates(vector["inputs"]["pem"].get<std::string>());
        ASSERT_TRUE(certificates) << certificates.error().message();
        EXPECT_EQ(kind == "cert_sn" ? certificates->front().sn : root_cert_sn(*certificates),
                  vector["expected"]["sn"]);
    }
}

TEST_F(SandboxVectors, ContentEncryption) {
    Tally tally("aes.json, by the sandbox");
    for (const nlohmann::json& vector : read_alipay_vectors("aes.json")) {
        SCOPED_TRACE(vector["id"].get<std::string>());
        const std::string kind = vector["kind"];
        tally.count(kind);
        const auto& inputs = vector["inputs"];
        const auto& expected = vector["expected"];
        const auto key = ContentKey::parse(inputs["key"].get<std::string>());
        ASSERT_TRUE(key);
        if (kind == "aes_encrypt") {
            EXPECT_EQ(key->encrypt(inputs["plaintext"].get<std::string>(), EncryptType::aes, ""),
                      expected["ciphertext"]);
            continue;
        }
        const auto type = kind == "aes_v2_decrypt" ? EncryptType::aes_v2 : EncryptType::aes;
        const auto text = key->decrypt(inputs["ciphertext"].get<std::string>(), type);
        ASSERT_TRUE(text);
        if (!expected.contains("plaintext")) continue;
        EXPECT_EQ(*text, expected["plaintext"]);
    }
}

}  // namespace
}  // namespace tollgate::sandbox
