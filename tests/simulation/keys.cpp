#include "tests/simulation/keys.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/check.h"
#include "signing/base64.h"
#include "tests/simulation/dice.h"

namespace tollgate::simulation {
namespace {

// Eight bytes at a time through a multiplication and a fold; two of them with different beginnings.
std::uint64_t hash(std::uint64_t state, std::string_view text) {
    const auto fold = [&state](std::uint64_t word) {
        state = (state ^ word) * 0x9E3779B97F4A7C15U;
        state ^= state >> 29U;
    };
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof word);
        fold(word);
        text.remove_prefix(8);
    }
    std::uint64_t rest = text.size();
    for (const char c : text) rest = rest << 8U | static_cast<unsigned char>(c);
    fold(rest);
    return state;
}

struct FreeBn {
    void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
using Bn = std::unique_ptr<BIGNUM, FreeBn>;

// The next prime after a random number of `bytes` bytes whose two highest bits are set.
Bn seeded_prime(Dice& dice, std::size_t bytes) {
    std::vector<std::uint8_t> random(bytes);
    dice.fill(random);
    random.front() |= 0xC0U;
    random.back() |= 1U;
    Bn prime(BN_bin2bn(random.data(), static_cast<int>(bytes), nullptr));
    while (BN_check_prime(prime.get(), nullptr, nullptr) != 1) {
        TOLLGATE_CHECK(BN_add_word(prime.get(), 2) == 1);
    }
    return prime;
}

// OpenSSL makes no key from a seed, so this puts one together: for simulations only.
signing::PrivateKey seeded_rsa(Dice& dice) {
    const Bn p = seeded_prime(dice, 128);
    const Bn q = seeded_prime(dice, 128);
    const Bn n(BN_new());
    const Bn e(BN_new());
    const Bn phi(BN_new());
    const Bn d(BN_new());
    const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), BN_CTX_free);
    BN_set_word(e.get(), RSA_F4);
    BN_mul(n.get(), p.get(), q.get(), context.get());
    // (p - 1) (q - 1) = n - p - q + 1
    BN_sub(phi.get(), n.get(), p.get());
    BN_sub(phi.get(), phi.get(), q.get());
    BN_add_word(phi.get(), 1);
    TOLLGATE_CHECK(BN_mod_inverse(d.get(), e.get(), phi.get(), context.get()) != nullptr);

    const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
        OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
    const std::array<std::pair<const char*, const BIGNUM*>, 5> numbers{
        {{OSSL_PKEY_PARAM_RSA_N, n.get()},
         {OSSL_PKEY_PARAM_RSA_E, e.get()},
         {OSSL_PKEY_PARAM_RSA_D, d.get()},
         {OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()},
         {OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()}}};
    for (const auto& [name, number] : numbers) {
        TOLLGATE_CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), name, number) == 1);
    }
    const Bn d_p(BN_new());
    const Bn d_q(BN_new());
    const Bn p_1(BN_dup(p.get()));
    const Bn q_1(BN_dup(q.get()));
    BN_sub_word(p_1.get(), 1);
    BN_sub_word(q_1.get(), 1);
    BN_mod(d_p.get(), d.get(), p_1.get(), context.get());
    BN_mod(d_q.get(), d.get(), q_1.get(), context.get());
    const Bn inverse(BN_mod_inverse(nullptr, q.get(), p.get(), context.get()));
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT1, d_p.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT2, d_q.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get());

    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
        OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    TOLLGATE_CHECK(EVP_PKEY_fromdata_init(maker.get()) == 1);
    TOLLGATE_CHECK(EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_KEYPAIR, parameters.get()) == 1);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, EVP_PKEY_free);
    std::string der(static_cast<std::size_t>(i2d_PrivateKey(key.get(), nullptr)), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    i2d_PrivateKey(key.get(), &at);
    auto parsed = signing::PrivateKey::parse(signing::to_base64(der));
    TOLLGATE_CHECK(parsed.has_value());
    return *std::move(parsed);
}

}  // namespace

std::string KeyedHash::sign(std::string_view content, signing::SignType type) const {
    const std::string_view type_name = name_of(type);
    std::array<std::uint64_t, 2> words{hash(0x243F6A8885A308D3U, key_),
                                       hash(0x13198A2E03707344U, key_)};
    for (auto& word : words) word = hash(hash(word, type_name), content);
    std::string bytes(sizeof words, '\0');
    std::memcpy(bytes.data(), words.data(), sizeof words);
    return bytes;
}

KeySet KeySet::fast() {
    const auto key = [](const char* name) {
        return signing::EngineKeys::private_key(std::make_shared<KeyedHash>(name));
    };
    return {.app = key("app"), .alipay = key("alipay"), .stranger = key("stranger")};
}

KeySet KeySet::rsa() {
    static const KeySet kKeys = [] {
        Dice dice(2048);
        return KeySet{
            .app = seeded_rsa(dice), .alipay = seeded_rsa(dice), .stranger = seeded_rsa(dice)};
    }();
    return kKeys;
}

}  // namespace tollgate::simulation
