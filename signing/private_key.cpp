#include "signing/private_key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "signing/base64.h"
#include "signing/key_engine.h"
#include "signing/rsa.h"
#include "signing/sm2.h"

namespace tollgate::signing {
namespace {

bool is_public(std::string_view text) {
    // Short and foreign ones too: the answer names what was given, not what it is worth.
    const auto key = PublicKey::parse(text, {.bits_min = 1, .bits_max = 65'536});
    return key.has_value() || key.error().reason() == "key_not_rsa";  // SM2 included.
}

Secret pkcs8_der(const EVP_PKEY& key) {
    const Pkcs8Handle pkcs8(EVP_PKEY2PKCS8(&key));
    TOLLGATE_CHECK(pkcs8 != nullptr);
    const int size = i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), nullptr);
    TOLLGATE_CHECK(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), &at) == size);
    return Secret(std::move(der));
}

Secret pkcs1_der(const EVP_PKEY& key) {
    const int size = i2d_PrivateKey(&key, nullptr);
    TOLLGATE_CHECK(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(i2d_PrivateKey(&key, &at) == size);
    return Secret(std::move(der));
}

}  // namespace

// The contexts are set up once and duplicated for each signature, as in PublicKey.
struct PrivateKey::Parts {
    Parts(PkeyHandle owned, PublicKey public_part, bool demo)
        : key(std::move(owned)),
          sign_rsa2(is_sm2(key.get()) ? nullptr : sign_context(*key, SignType::rsa2)),
          sign_rsa(is_sm2(key.get()) ? nullptr : sign_context(*key, SignType::rsa)),
          public_half(std::move(public_part)),
          is_demo(demo) {}
    Parts(std::shared_ptr<const KeyEngine> instead, PublicKey public_part)
        : public_half(std::move(public_part)), is_demo(false), engine(std::move(instead)) {}

    PkeyHandle key;
    PkeyContext sign_rsa2;  // Null for an SM2 key, as the next one.
    PkeyContext sign_rsa;
    PublicKey public_half;
    bool is_demo;
    std::shared_ptr<const KeyEngine> engine;  // Null but in simulations.
};

Result<PrivateKey> PrivateKey::parse(std::string_view text, KeyLimits limits) {
    return parse_for(SignType::rsa2, text, limits);
}

Result<PrivateKey> PrivateKey::parse_for(SignType type, std::string_view text, KeyLimits limits) {
    TOLLGATE_TRY(const KeyText key_text, read_key_text(text));
    PkeyHandle key = read_private_key(key_text.der.reveal());
    if (key == nullptr && is_public(text)) {
        return key_error("key_is_public",
                         "this is a public key or a certificate; the app's "
                         "private key is needed here");
    }
    if (key == nullptr) {
        return key_error("key_unreadable", "this is not a private key we can read");
    }
    TOLLGATE_DO(check_key(key.get(), type, limits));
    TOLLGATE_TRY(PublicKey public_half, PublicKey::from_spki(spki_of(*key), type, limits));
    const bool demo = key_text.preamble.find(kDemoMarker) != std::string::npos;
    PrivateKey parsed(std::make_shared<Parts>(std::move(key), std::move(public_half), demo));

    // One changed character can leave a key that reads well and signs nonsense.
    const auto signature = parsed.sign("", type);
    if (!signature || !parsed.public_half().verify("", *signature, type)) {
        return key_error("key_damaged", "the private key's numbers do not fit together");
    }
    return parsed;
}

Result<PrivateKey> PrivateKey::generate(int bits) {
    constexpr KeyLimits kLimits;
    if (bits < kLimits.bits_min || bits > kLimits.bits_max) {
        return key_error("key_too_short", "a new RSA key has 2048 to 8192 bits");
    }
    PkeyHandle key(EVP_RSA_gen(static_cast<unsigned>(bits)));
    TOLLGATE_CHECK(key != nullptr);
    TOLLGATE_TRY(PublicKey public_half,
                 PublicKey::from_spki(spki_of(*key), SignType::rsa2, kLimits));
    return PrivateKey(std::make_shared<Parts>(std::move(key), std::move(public_half), false));
}

PrivateKey PrivateKey::generate_sm2() {
    PkeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "SM2"));
    TOLLGATE_CHECK(key != nullptr);
    auto public_half = PublicKey::from_spki(spki_of(*key), SignType::sm2, {});
    TOLLGATE_CHECK(public_half.has_value());
    return PrivateKey(std::make_shared<Parts>(std::move(key), *std::move(public_half), false));
}

Result<std::string> PrivateKey::sign(std::string_view content, SignType type) const {
    if (parts_->engine != nullptr) return to_base64(parts_->engine->sign(content, type));
    if (!fits(*parts_->key, type)) {
        return Error(ErrorCode::invalid_argument, "this key makes no signatures of this type")
            .because("sign_type_of_another_key");
    }
    if (type == SignType::sm2) {
        TOLLGATE_TRY(const std::string signature, sm2_sign(*parts_->key, content));
        return to_base64(signature);
    }
    const Digest digest = digest_of(content, type);
    const EVP_PKEY_CTX* ready =
        type == SignType::rsa2 ? parts_->sign_rsa2.get() : parts_->sign_rsa.get();
    const PkeyContext context(EVP_PKEY_CTX_dup(ready));
    TOLLGATE_CHECK(context != nullptr);
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(parts_->key.get())), '\0');
    std::size_t size = signature.size();
    if (EVP_PKEY_sign(context.get(), bytes_of(signature), &size, digest.bytes.data(),
                      digest.size) != 1) {
        ERR_clear_error();
        return Error(ErrorCode::internal, "OpenSSL could not sign with this key");
    }
    signature.resize(size);
    return to_base64(signature);
}

PrivateKey EngineKeys::private_key(std::shared_ptr<const KeyEngine> engine) {
    PublicKey public_half = public_key(engine);
    return PrivateKey(
        std::make_shared<PrivateKey::Parts>(std::move(engine), std::move(public_half)));
}

PublicKey PrivateKey::public_half() const {
    return parts_->public_half;
}

bool PrivateKey::is_demo() const {
    return parts_->is_demo;
}

Secret PrivateKey::to_pkcs8_pem(PemOptions options) const {
    Secret pem = pem_armour("PRIVATE KEY", pkcs8_der(*parts_->key).reveal());
    if (!options.with_demo_marker) return pem;
    std::string marked;
    marked.reserve(kDemoMarker.size() + 1 + pem.reveal().size());
    marked.append(kDemoMarker).append("\n").append(pem.reveal());
    return Secret(std::move(marked));
}

Secret PrivateKey::to_pkcs8_bare() const {
    return Secret(to_base64(pkcs8_der(*parts_->key).reveal()));
}

Secret PrivateKey::to_pkcs1_bare() const {
    return Secret(to_base64(pkcs1_der(*parts_->key).reveal()));
}

}  // namespace tollgate::signing
