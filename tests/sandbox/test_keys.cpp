#include "tests/sandbox/test_keys.h"

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/check.h"

namespace tollgate::sandbox {
namespace {

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

template <typename Write>
std::string written(Write write) {
    const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
    TOLLGATE_CHECK(bio != nullptr && write(bio.get()) == 1);
    BUF_MEM* memory = nullptr;
    BIO_get_mem_ptr(bio.get(), &memory);
    return {memory->data, memory->length};
}

}  // namespace

KeyPair make_key_pair() {
    const std::unique_ptr<EVP_PKEY, FreeKey> key(EVP_RSA_gen(2048U));
    TOLLGATE_CHECK(key != nullptr);
    return {
        .private_pem = written([&key](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        }),
        .public_pem = written([&key](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); })};
}

const KeyPair& app_keys() {
    static const KeyPair keys = make_key_pair();
    return keys;
}
const KeyPair& alipay_keys() {
    static const KeyPair keys = make_key_pair();
    return keys;
}
const KeyPair& other_keys() {
    static const KeyPair keys = make_key_pair();
    return keys;
}

std::string bare(const std::string& pem) {
    std::string text;
    std::size_t at = 0;
    while (at < pem.size()) {
        const std::size_t end = pem.find('\n', at);
        const std::string line = pem.substr(at, end - at);
        if (!line.starts_with("-----")) text += line;
        if (end == std::string::npos) break;
        at = end + 1;
    }
    return text;
}

}  // namespace tollgate::sandbox
