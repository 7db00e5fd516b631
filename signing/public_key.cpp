#include "signing/public_key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "signing/base64.h"
#include "signing/digest.h"
#include "signing/key_engine.h"
#include "signing/rsa.h"
#include "signing/sm2.h"

namespace tollgate::signing {
namespace {

PkeyHandle from_certificate(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    const CertificateHandle certificate(d2i_X509(nullptr, &at, der_size(der)));
    return PkeyHandle(certificate == nullptr ? nullptr : X509_get_pubkey(certificate.get()));
}

PkeyHandle from_pkcs1(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    return PkeyHandle(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, der_size(der)));
}

PkeyHandle from_any(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    PkeyHandle key(d2i_PUBKEY(nullptr, &at, der_size(der)));
    if (key == nullptr) key = from_pkcs1(der);
    if (key == nullptr) key = from_certificate(der);
    return key;
}

Error refused(std::string_view reason, std::string message, Here here = Here::current()) {
    ERR_clear_error();
    return Error(ErrorCode::unauthenticated, std::move(message), here).because(reason);
}

}  // namespace

// The contexts are set up once and duplicated for each check: setting one up looks algorithms up by
// name each time.
struct PublicKey::Parts {
    std::string spki;
    PkeyHandle key;
    PkeyContext verify_rsa2;  // Null for an SM2 key, as the next one.
    PkeyContext verify_rsa;
    std::shared_ptr<const KeyEngine>
        engine;  // Null but in simulations; then nothing else is there.
};

Result<PublicKey> PublicKey::parse(std::string_view text, KeyLimits limits) {
    return parse_for(SignType::rsa2, text, limits);
}

Result<PublicKey> PublicKey::parse_for(SignType type, std::string_view text, KeyLimits limits) {
    TOLLGATE_TRY(const KeyText key_text, read_key_text(text));
    const std::string_view der = key_text.der.reveal();
    // The label is not trusted: people change it by hand when a tool refuses their file.
    if (is_private_key(der)) {
        return key_error("key_is_private", "this is a private key; a public key is needed here");
    }
    const PkeyHandle key = from_any(der);
    ERR_clear_error();
    if (key == nullptr) return key_error("key_unreadable", "this is not a public key we can read");
    return from_spki(spki_of(*key), type, limits);
}

Result<PublicKey> PublicKey::from_spki(std::string_view der, SignType type, KeyLimits limits) {
    auto parts = std::make_shared<Parts>();
    parts->spki = der;
    const unsigned char* at = bytes_of(der);
    parts->key.reset(d2i_PUBKEY(nullptr, &at, der_size(der)));
    TOLLGATE_DO(check_key(parts->key.get(), type, limits));
    if (type == SignType::sm2) return PublicKey(std::move(parts));
    parts->verify_rsa2 = verify_context(*parts->key, SignType::rsa2);
    parts->verify_rsa = verify_context(*parts->key, SignType::rsa);
    return PublicKey(std::move(parts));
}

Result<Done> PublicKey::verify(std::string_view content, std::string_view signature_base64,
                               SignType type) const {
    const auto signature = from_base64(signature_base64);
    if (!signature) return refused("sign_not_base64", "the signature is not base64");
    if (parts_->engine != nullptr) {
        if (parts_->engine->matches(content, *signature, type)) return Done{};
        return refused("sign_mismatch", "the signature does not match the content and this key");
    }
    if (!fits(*parts_->key, type)) {
        return refused("sign_type_of_another_key", "this key makes no signatures of this type");
    }
    if (type == SignType::sm2) {
        if (sm2_matches(*parts_->key, content, *signature)) return Done{};
        return refused("sign_mismatch", "the signature does not match the content and this key");
    }
    if (signature->size() != static_cast<std::size_t>(EVP_PKEY_get_size(parts_->key.get()))) {
        return refused("sign_wrong_length", "the signature was made by a key of another size");
    }
    const Digest digest = digest_of(content, type);
    const EVP_PKEY_CTX* ready =
        type == SignType::rsa2 ? parts_->verify_rsa2.get() : parts_->verify_rsa.get();
    const PkeyContext context(EVP_PKEY_CTX_dup(ready));
    TOLLGATE_CHECK(context != nullptr);
    // 1 is the only yes: 0 means forged and a negative number that OpenSSL failed.
    if (EVP_PKEY_verify(context.get(), bytes_of(*signature), signature->size(), digest.bytes.data(),
                        digest.size) != 1) {
        return refused("sign_mismatch", "the signature does not match the content and this key");
    }
    return Done{};
}

PublicKey EngineKeys::public_key(std::shared_ptr<const KeyEngine> engine) {
    auto parts = std::make_shared<PublicKey::Parts>();
    parts->spki = engine->name();
    parts->engine = std::move(engine);
    return PublicKey(std::move(parts));
}

int PublicKey::bits() const {
    return EVP_PKEY_get_bits(parts_->key.get());
}

std::string PublicKey::to_spki_pem() const {
    return std::string(pem_armour("PUBLIC KEY", parts_->spki).reveal());
}

std::string PublicKey::to_bare() const {
    return to_base64(parts_->spki);
}

std::string PublicKey::fingerprint() const {
    return sha256_hex(parts_->spki);
}

bool PublicKey::same_as(const PublicKey& other) const {
    return parts_->spki == other.parts_->spki;
}

}  // namespace tollgate::signing
