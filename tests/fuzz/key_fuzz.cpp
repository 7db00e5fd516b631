#include "base/check.h"
#include "signing/base64.h"
#include "signing/content_cipher.h"
#include "signing/key.h"
#include "tests/fuzz/fuzz.h"

using namespace tollgate::signing;

namespace {

// What a key costs grows with the third power of its length, and what is read does not depend on
// it: short keys are tried many times as often.
constexpr KeyLimits kShort{.bits_min = 512, .bits_max = 1024};

void check_public(SignType type, std::string_view input) {
    const auto key = PublicKey::parse_for(type, input, kShort);
    if (!key) {
        TOLLGATE_CHECK(!key.error().reason().empty());
        return;
    }
    const auto again = PublicKey::parse_for(type, key->to_spki_pem(), kShort);
    TOLLGATE_CHECK(again && again->same_as(*key));
    TOLLGATE_CHECK(!key->verify("a", "", type));
}

void check_private(SignType type, std::string_view input) {
    const auto key = PrivateKey::parse_for(type, input, kShort);
    if (!key) {
        TOLLGATE_CHECK(!key.error().reason().empty());
        // Nobody's key may get into a message.
        if (input.size() > 64) {
            TOLLGATE_CHECK(key.error().message().find(input.substr(0, 64)) == std::string::npos);
        }
        return;
    }
    const auto signature = key->sign("a", type);
    TOLLGATE_CHECK(signature && key->public_half().verify("a", *signature, type));
    TOLLGATE_CHECK(!PublicKey::parse_for(type, input, kShort));
}

}  // namespace

// Once as a text and once as the bytes behind one, for a change of the text seldom leaves base64.
void fuzz(std::string_view input) {
    const std::string packed = to_base64(input);
    for (const SignType type : {SignType::rsa2, SignType::sm2}) {
        check_public(type, input);
        check_private(type, input);
        check_public(type, packed);
        check_private(type, packed);
    }
    static_cast<void>(ContentKey::parse(input, EncryptType::aes));
}
