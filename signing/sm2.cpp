#include "signing/sm2.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "base/check.h"
#include "signing/key_text.h"

namespace tollgate::signing {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using PairHandle = std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>>;
using OctetsHandle = std::unique_ptr<ASN1_OCTET_STRING, FreedBy<ASN1_OCTET_STRING_free>>;

constexpr std::string_view kUserId = "1234567812345678";

enum class Use { sign, verify };

DigestContext context_for(EVP_PKEY& key, Use use) {
    DigestContext context(EVP_MD_CTX_new());
    TOLLGATE_CHECK(context != nullptr);
    std::string id(kUserId);
    const std::array parameters{
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, id.data(), id.size()),
        OSSL_PARAM_construct_end()};
    const auto begin = use == Use::sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
    TOLLGATE_CHECK(begin(context.get(), nullptr, "SM3", nullptr, nullptr, &key, nullptr) == 1);
    // Not as a parameter of the beginning: OpenSSL 3.0.19 refuses it there as too late.
    EVP_PKEY_CTX* const settings = EVP_MD_CTX_get_pkey_ctx(context.get());
    TOLLGATE_CHECK(EVP_PKEY_CTX_set_params(settings, parameters.data()) == 1);
    return context;
}

// Other spellings of the same pair would be other signatures of one text.
bool is_canonical(std::string_view signature) {
    const unsigned char* at = bytes_of(signature);
    const PairHandle pair(d2i_ECDSA_SIG(nullptr, &at, der_size(signature)));
    if (pair == nullptr) return false;
    const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
    if (size <= 0 || static_cast<std::size_t>(size) != signature.size()) return false;
    std::string again(signature.size(), '\0');
    unsigned char* out = bytes_of(again);
    return i2d_ECDSA_SIG(pair.get(), &out) == size && again == signature;
}

}  // namespace

bool is_sm2(const EVP_PKEY* key) {
    return key != nullptr && EVP_PKEY_is_a(key, "SM2") == 1;
}

Result<Done> check_sm2(const EVP_PKEY* key) {
    if (is_sm2(key)) return Done{};
    return key_error("key_not_sm2", "an SM2 key is needed, this is another kind of key");
}

Result<std::string> sm2_sign(EVP_PKEY& private_key, std::string_view content) {
    const DigestContext context = context_for(private_key, Use::sign);
    std::size_t size = 0;
    bool done =
        EVP_DigestSign(context.get(), nullptr, &size, bytes_of(content), content.size()) == 1;
    std::string signature(size, '\0');
    done = done && EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(content),
                                  content.size()) == 1;
    if (!done) {
        ERR_clear_error();
        return Error(ErrorCode::internal, "OpenSSL could not sign with this key");
    }
    signature.resize(size);
    return signature;
}

bool sm2_matches(EVP_PKEY& key, std::string_view content, std::string_view signature) {
    const DigestContext context = context_for(key, Use::verify);
    const bool matches = is_canonical(signature) &&
                         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                          bytes_of(content), content.size()) == 1;
    ERR_clear_error();
    return matches;
}

void sm2_prepare(X509& certificate) {
    if (X509_get_signature_nid(&certificate) != NID_SM2_with_SM3) return;
    OctetsHandle id(ASN1_OCTET_STRING_new());
    TOLLGATE_CHECK(id != nullptr && ASN1_OCTET_STRING_set(id.get(), bytes_of(kUserId),
                                                          static_cast<int>(kUserId.size())) == 1);
    X509_set0_distinguishing_id(&certificate, id.release());
}

}  // namespace tollgate::signing
