#include "signing/ed25519.h"

#include <openssl/err.h>

#include "base/check.h"

namespace tollgate::signing {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;

}  // namespace

PkeyHandle ed25519_private(std::string_view seed) {
    TOLLGATE_CHECK(seed.size() == kEd25519KeyBytes);
    PkeyHandle key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
    TOLLGATE_CHECK(key != nullptr);
    return key;
}

PkeyHandle ed25519_public(std::string_view bytes) {
    TOLLGATE_CHECK(bytes.size() == kEd25519KeyBytes);
    PkeyHandle key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size()));
    TOLLGATE_CHECK(key != nullptr);
    return key;
}

std::string ed25519_public_bytes(const EVP_PKEY& key) {
    std::string bytes(kEd25519KeyBytes, '\0');
    std::size_t size = bytes.size();
    TOLLGATE_CHECK(EVP_PKEY_get_raw_public_key(&key, bytes_of(bytes), &size) == 1);
    TOLLGATE_CHECK(size == kEd25519KeyBytes);
    return bytes;
}

std::string ed25519_sign(EVP_PKEY& private_key, std::string_view text) {
    const DigestContext context(EVP_MD_CTX_new());
    TOLLGATE_CHECK(context != nullptr);
    TOLLGATE_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, &private_key) == 1);
    std::string signature(kEd25519SignatureBytes, '\0');
    std::size_t size = signature.size();
    TOLLGATE_CHECK(EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text),
                                  text.size()) == 1);
    TOLLGATE_CHECK(size == kEd25519SignatureBytes);
    return signature;
}

bool ed25519_matches(EVP_PKEY& key, std::string_view text, std::string_view signature) {
    const DigestContext context(EVP_MD_CTX_new());
    TOLLGATE_CHECK(context != nullptr);
    TOLLGATE_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, &key) == 1);
    const bool matches = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                          bytes_of(text), text.size()) == 1;
    if (!matches) ERR_clear_error();  // It would be taken for the next call's failure.
    return matches;
}

}  // namespace tollgate::signing
