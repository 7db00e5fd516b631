#include "signing/rsa.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "signing/sm2.h"

namespace tollgate::signing {
namespace {

const EVP_MD* algorithm_of(SignType type) {
    switch (type) {
        case SignType::rsa2: return sha256_algorithm();
        case SignType::rsa: return sha1_algorithm();
        case SignType::sm2: break;  // Its digest covers the key too: see sm2.h.
    }
    TOLLGATE_CHECK(false);
    return nullptr;
}

PkeyContext new_context(EVP_PKEY& key) {
    PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr));
    TOLLGATE_CHECK(context != nullptr);
    return context;
}

void choose_scheme(EVP_PKEY_CTX& context, SignType type) {
    TOLLGATE_CHECK(EVP_PKEY_CTX_set_rsa_padding(&context, RSA_PKCS1_PADDING) == 1);
    TOLLGATE_CHECK(EVP_PKEY_CTX_set_signature_md(&context, algorithm_of(type)) == 1);
}

std::string bits_text(int bits) {
    return std::to_string(bits) + " bits";
}

}  // namespace

Digest digest_of(std::string_view content, SignType type) {
    Digest digest{};
    unsigned size = 0;
    TOLLGATE_CHECK(EVP_Digest(content.data(), content.size(), digest.bytes.data(), &size,
                              algorithm_of(type), nullptr) == 1);
    digest.size = size;
    return digest;
}

PkeyContext verify_context(EVP_PKEY& key, SignType type) {
    PkeyContext context = new_context(key);
    TOLLGATE_CHECK(EVP_PKEY_verify_init(context.get()) == 1);
    choose_scheme(*context, type);
    return context;
}

PkeyContext sign_context(EVP_PKEY& key, SignType type) {
    PkeyContext context = new_context(key);
    TOLLGATE_CHECK(EVP_PKEY_sign_init(context.get()) == 1);
    choose_scheme(*context, type);
    return context;
}

std::string spki_of(const EVP_PKEY& key) {
    const int size = i2d_PUBKEY(&key, nullptr);
    TOLLGATE_CHECK(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(i2d_PUBKEY(&key, &at) == size);
    return der;
}

PkeyHandle read_private_key(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    PkeyHandle key(d2i_AutoPrivateKey(nullptr, &at, der_size(der)));
    ERR_clear_error();
    return key;
}

bool is_private_key(std::string_view der) {
    return read_private_key(der) != nullptr;
}

Result<Done> check_rsa(const EVP_PKEY* key, KeyLimits limits) {
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        return key_error("key_not_rsa", "an RSA key is needed, this is another kind of key");
    }
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < limits.bits_min) {
        return key_error("key_too_short", "this RSA key has " + bits_text(bits) + "; at least " +
                                              bits_text(limits.bits_min) + " are needed");
    }
    if (bits > limits.bits_max) {
        return key_error("key_too_long", "this RSA key has " + bits_text(bits) + "; at most " +
                                             bits_text(limits.bits_max) + " are allowed");
    }
    return Done{};
}

Result<Done> check_key(const EVP_PKEY* key, SignType type, KeyLimits limits) {
    return type == SignType::sm2 ? check_sm2(key) : check_rsa(key, limits);
}

bool fits(const EVP_PKEY& key, SignType type) {
    return is_sm2(&key) == (type == SignType::sm2);
}

}  // namespace tollgate::signing
