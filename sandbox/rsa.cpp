#include "sandbox/rsa.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sandbox/base64.h"

namespace tollgate::sandbox {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

const EVP_MD* hash_of(SignType type) {
    switch (type) {
        case SignType::rsa2: return EVP_sha256();
        case SignType::rsa: return EVP_sha1();
    }
    TOLLGATE_CHECK(false);
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// What stands between the armour lines, if any, without white space: base64 of DER. Words before
// the armour are a remark (RFC 7468, 2).
Result<std::string> der_of(std::string_view text) {
    std::string base64;
    if (const auto armour = text.find("-----BEGIN"); armour != std::string_view::npos) {
        text.remove_prefix(armour);
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("-----")) continue;
        for (const char c : line) {
            if (c != ' ' && c != '\r' && c != '\t') base64 += c;
        }
    }
    return from_base64(base64);
}

Result<std::shared_ptr<EVP_PKEY>> rsa_only(EVP_PKEY* owned, const char* what) {
    std::shared_ptr<EVP_PKEY> key(owned, FreeKey());
    ERR_clear_error();
    if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
        return Error(ErrorCode::invalid_argument, std::string("not an RSA ") + what);
    }
    return key;
}

}  // namespace

std::string_view name_of(SignType type) {
    return type == SignType::rsa2 ? "RSA2" : "RSA";
}

std::optional<SignType> sign_type_named(std::string_view name) {
    if (name == "RSA2") return SignType::rsa2;
    if (name == "RSA") return SignType::rsa;
    return std::nullopt;
}

PublicKey PublicKey::of(Verify verify) {
    PublicKey key(nullptr);
    key.verify_ = std::move(verify);
    return key;
}

PrivateKey PrivateKey::of(Sign sign, PublicKey public_half) {
    PrivateKey key(nullptr);
    key.sign_ = std::move(sign);
    key.public_half_ = std::make_shared<const PublicKey>(std::move(public_half));
    return key;
}

Result<PublicKey> PublicKey::parse(std::string_view text) {
    TOLLGATE_TRY(const std::string der, der_of(text));
    const unsigned char* from = bytes_of(der);
    const auto size = static_cast<long>(der.size());  // NOLINT(google-runtime-int): OpenSSL's.
    EVP_PKEY* key = d2i_PUBKEY(nullptr, &from, size);
    if (key == nullptr) {
        from = bytes_of(der);
        key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &from, size);
    }
    TOLLGATE_TRY(auto owned, rsa_only(key, "public key"));
    return PublicKey(std::move(owned));
}

Result<Done> PublicKey::verify(std::string_view content, std::string_view signature_base64,
                               SignType type) const {
    if (verify_) {
        if (verify_(content, signature_base64)) return Done{};
        return Error(ErrorCode::unauthenticated, "sign does not fit").because("sign_mismatch");
    }
    const auto signature = from_base64(signature_base64);
    if (!signature) {
        return Error(ErrorCode::unauthenticated, "sign is not base64").because("sign_not_base64");
    }
    if (signature->size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) {
        return Error(ErrorCode::unauthenticated, "sign does not have the key's length")
            .because("sign_wrong_length");
    }
    const Digest digest(EVP_MD_CTX_new());
    const bool fits =
        digest != nullptr &&
        EVP_DigestVerifyInit(digest.get(), nullptr, hash_of(type), nullptr, key_.get()) == 1 &&
        EVP_DigestVerify(digest.get(), bytes_of(*signature), signature->size(), bytes_of(content),
                         content.size()) == 1;
    ERR_clear_error();
    if (!fits) {
        return Error(ErrorCode::unauthenticated, "sign does not fit").because("sign_mismatch");
    }
    return Done{};
}

Result<PrivateKey> PrivateKey::parse(std::string_view text) {
    TOLLGATE_TRY(const std::string der, der_of(text));
    const unsigned char* from = bytes_of(der);
    const auto size = static_cast<long>(der.size());  // NOLINT(google-runtime-int): OpenSSL's.
    TOLLGATE_TRY(auto owned, rsa_only(d2i_AutoPrivateKey(nullptr, &from, size), "private key"));
    return PrivateKey(std::move(owned));
}

Result<std::string> PrivateKey::sign(std::string_view content, SignType type) const {
    if (sign_) return sign_(content);
    const Digest digest(EVP_MD_CTX_new());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    const bool made =
        digest != nullptr &&
        EVP_DigestSignInit(digest.get(), nullptr, hash_of(type), nullptr, key_.get()) == 1 &&
        EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(content), content.size()) == 1;
    ERR_clear_error();
    if (!made) return Error(ErrorCode::internal, "OpenSSL could not sign");
    signature.resize(size);
    return to_base64(signature);
}

}  // namespace tollgate::sandbox
