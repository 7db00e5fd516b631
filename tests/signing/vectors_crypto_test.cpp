// Conformance: certificates, content encryption, SM2 and API v3, against published facts.
#include "tests/signing/vectors.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "signing/base64.h"
#include "signing/certificate.h"
#include "signing/content_cipher.h"
#include "signing/digest.h"
#include "signing/entropy.h"
#include "signing/v3.h"

namespace tollgate::signing {
namespace {

using nlohmann::json;

class CryptoVectors : public testing::Test {
protected:
    void SetUp() override {
        if (!vectors_folder()) GTEST_SKIP() << "skipped: no vectors";
    }
};

std::vector<Certificate> certificates_of(const json& pem) {
    auto certificates = Certificate::parse_all(pem.get<std::string>());
    EXPECT_TRUE(certificates) << certificates.error().message();
    return certificates ? *std::move(certificates) : std::vector<Certificate>();
}

TEST_F(CryptoVectors, SerialNamesOfCertificates) {
    Tally tally("cert_sn.json");
    for (const json& vector : read_alipay_vectors("cert_sn.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        tally.count(kind);
        const auto certificates = certificates_of(vector["inputs"]["pem"]);
        const json& known = vector["inputs"]["certs"];
        ASSERT_EQ(certificates.size(), known.size());
        for (std::size_t i = 0; i < known.size(); ++i) {
            EXPECT_EQ(certificates[i].issuer(), known[i]["issuer_rfc2253"]);
            EXPECT_EQ(certificates[i].signature_oid(), known[i]["sig_oid"]);
            EXPECT_EQ(to_rfc3339(certificates[i].valid_until()).substr(0, 10),
                      known[i]["not_after"].get<std::string>().substr(0, 10));
        }
        if (kind == "cert_sn") {
            EXPECT_EQ(certificates.front().sn(), vector["expected"]["sn"]);
        } else if (kind == "root_cert_sn") {
            const bool sm2 = vector["id"] == "java-root-sm2-filter";
            EXPECT_EQ(root_cert_sn(certificates, sm2 ? SignType::sm2 : SignType::rsa2),
                      vector["expected"]["sn"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

// The time that a vector is judged at; without one, any time at which its certificate lives.
Timestamp check_time(const json& inputs, const Certificate& leaf) {
    if (inputs["check_time"].is_null()) return leaf.valid_from() + std::chrono::hours(1);
    const auto at = parse_rfc3339(inputs["check_time"].get<std::string>());
    EXPECT_TRUE(at);
    return at.value_or(Timestamp{});
}

TEST_F(CryptoVectors, Chains) {
    Tally tally("cert_chain.json");
    for (const json& vector : read_alipay_vectors("cert_chain.json")) {
        SCOPED_TRACE(vector["id"].get<std::string>());
        ASSERT_EQ(vector["kind"], "cert_chain");
        tally.count("cert_chain");
        const auto chain = certificates_of(vector["inputs"]["certs_pem"]);
        const auto roots = certificates_of(vector["inputs"]["root_pem"]);
        ASSERT_FALSE(chain.empty());
        const ChainCheck check{.issuers = chain, .roots = roots};
        const json& expected = vector["expected"];
        EXPECT_EQ(check_signatures(chain.front(), check).has_value(), expected["signatures_valid"]);
        const Timestamp at = check_time(vector["inputs"], chain.front());
        EXPECT_EQ(check_chain(chain.front(), check, at).has_value(),
                  expected.value("trusted", true));
        if (expected.contains("trusted_now")) {
            const Timestamp later{1'780'000'000'000};  // Mid 2026.
            EXPECT_EQ(check_chain(chain.front(), check, later).has_value(),
                      expected["trusted_now"]);
        }
    }
}

void check_encryption(const json& inputs, const json& expected) {
    const auto key = ContentKey::parse(inputs["key"].get<std::string>(), EncryptType::aes);
    ASSERT_TRUE(key);
    const std::string text = inputs["plaintext"];
    EXPECT_EQ(key->encrypt(text, openssl_entropy()), expected["ciphertext"]);
    const auto back = key->decrypt(expected["ciphertext"].get<std::string>());
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, text);
}

void check_decryption(EncryptType type, const json& inputs, const json& expected) {
    const auto key = ContentKey::parse(inputs["key"].get<std::string>(), type);
    ASSERT_TRUE(key);
    const auto text = key->decrypt(inputs["ciphertext"].get<std::string>());
    ASSERT_TRUE(text) << text.error().message();
    if (expected.contains("plaintext")) {
        EXPECT_EQ(*text, expected["plaintext"]);
    } else {
        EXPECT_EQ(sha256_hex(*text), expected["plaintext_sha256"]);
    }
}

TEST_F(CryptoVectors, ContentEncryption) {
    Tally tally("aes.json");
    for (const json& vector : read_alipay_vectors("aes.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        tally.count(kind);
        if (kind == "aes_encrypt") {
            check_encryption(vector["inputs"], vector["expected"]);
        } else if (kind == "aes_decrypt") {
            check_decryption(EncryptType::aes, vector["inputs"], vector["expected"]);
        } else if (kind == "aes_v2_decrypt") {
            check_decryption(EncryptType::aes_v2, vector["inputs"], vector["expected"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

void check_sm2(const json& inputs, const json& expected) {
    ASSERT_EQ(inputs["user_id"], "1234567812345678");
    const auto key =
        PublicKey::parse_for(SignType::sm2, inputs["public_key_pem"].get<std::string>());
    ASSERT_TRUE(key) << key.error().message();
    const auto text = from_base64(inputs["tbs_base64"].get<std::string>());
    ASSERT_TRUE(text);
    EXPECT_EQ(key->verify(*text, inputs["signature_base64"].get<std::string>(), SignType::sm2)
                  .has_value(),
              expected["valid"]);
}

TEST_F(CryptoVectors, Sm2AndSm4) {
    Tally tally("sm.json");
    for (const json& vector : read_alipay_vectors("sm.json")) {
        const std::string kind = vector["kind"];
        SCOPED_TRACE(vector["id"].get<std::string>());
        tally.count(kind);
        if (kind == "sm4_gcm_decrypt") {
            check_decryption(EncryptType::sm4, vector["inputs"], vector["expected"]);
        } else if (kind == "sm2_verify_der") {
            check_sm2(vector["inputs"], vector["expected"]);
        } else {
            ADD_FAILURE() << "unknown kind " << kind;
        }
    }
}

TEST_F(CryptoVectors, AnswersOfApiV3) {
    Tally tally("v3.json");
    for (const json& vector : read_alipay_vectors("v3.json")) {
        SCOPED_TRACE(vector["id"].get<std::string>());
        ASSERT_EQ(vector["kind"], "v3_response_verify");
        tally.count("v3_response_verify");
        const json& inputs = vector["inputs"];
        const auto header = [&](const char* name) -> std::string {
            return inputs["headers"].value(name, "");
        };
        const auto key = PublicKey::parse(inputs["alipay_public_key"].get<std::string>());
        ASSERT_TRUE(key);
        const std::vector<PublicKey> keys{*key};
        const std::string timestamp = header("alipay-timestamp");
        const std::string nonce = header("alipay-nonce");
        const std::string signature = header("alipay-signature");
        const std::string body = inputs["body"];
        EXPECT_EQ(
            verify_v3_answer(
                {.timestamp = timestamp, .nonce = nonce, .signature = signature, .body = body},
                keys)
                .has_value(),
            vector["expected"]["valid"]);
        EXPECT_EQ(timestamp + "\n" + nonce + "\n" + body + "\n",
                  vector["expected"]["string_to_verify"]);
    }
}

// Published, but nobody can check them, so they are not in the folder: named, not forgotten.
struct NotCheckable {
    const char* id;
    const char* reason;
};
constexpr std::array kNotCheckable{
    NotCheckable{"node-response-material-1240", "its public key is not published"},
    NotCheckable{"node-response-material-1290", "its public key is not published"},
    NotCheckable{"node-response-cert-mock", "a mock whose signature its authors never checked"},
    NotCheckable{"smartwalle-encrypted-response", "its key is among no published ones"},
    NotCheckable{"node-v3-empty-object", "its public key came from the authors' environment"},
};

TEST_F(CryptoVectors, EveryFileIsRead) {
    const std::set<std::string> ours{
        "aes.json",      "cert_chain.json", "cert_sn.json", "extract.json",           "notify.json",
        "response.json", "sign.json",       "sm.json",      "standard-webhooks.json", "v3.json"};
    std::set<std::string> there;
    for (const auto& entry : std::filesystem::directory_iterator(*vectors_folder())) {
        if (entry.path().extension() == ".json") there.insert(entry.path().filename().string());
    }
    EXPECT_EQ(there, ours);
    std::set<std::string> ids;
    for (const std::string& file : ours) {
        if (file == "standard-webhooks.json") continue;
        for (const json& vector : read_alipay_vectors(file)) ids.insert(vector["id"]);
    }
    for (const NotCheckable& vector : kNotCheckable) {
        std::cout << "[ vectors  ] not checkable: " << vector.id << ": " << vector.reason << '\n';
        EXPECT_FALSE(ids.contains(vector.id)) << vector.id << " can be checked now";
    }
}

}  // namespace
}  // namespace tollgate::signing
