#include "signing/running_sha256.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "signing/digest.h"

namespace tollgate::signing {

void RunningSha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

RunningSha256::RunningSha256() : context_(EVP_MD_CTX_new()) {
    TOLLGATE_CHECK(context_ != nullptr);
    TOLLGATE_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

RunningSha256::~RunningSha256() = default;

void RunningSha256::add(std::string_view bytes) {
    TOLLGATE_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string RunningSha256::hex() {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    // OpenSSL's bytes are unsigned.
    auto* const bytes = reinterpret_cast<unsigned char*>(digest.data());
    TOLLGATE_CHECK(EVP_DigestFinal_ex(context_.get(), bytes, &size) == 1);
    digest.resize(size);
    return to_hex(digest);
}

}  // namespace tollgate::signing
