#include "signing/sign_type.h"

#include "base/check.h"

namespace tollgate::signing {

std::string_view name_of(SignType type) {
    switch (type) {
        case SignType::rsa2: return "RSA2";
        case SignType::rsa: return "RSA";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<SignType> sign_type_from(std::string_view name) {
    if (name == "RSA2") return SignType::rsa2;
    if (name == "RSA") return SignType::rsa;
    return std::nullopt;
}

}  // namespace tollgate::signing
