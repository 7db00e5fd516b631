#include "signing/sign_type.h"

#include "base/check.h"

namespace tollgate::signing {

std::string_view name_of(SignType type) {
    switch (type) {
        case SignType::rsa2: return "RSA2";
        case SignType::rsa: return "RSA";
        case SignType::sm2: return "SM2";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<SignType> sign_type_from(std::string_view name) {
    if (name == "RSA2") return SignType::rsa2;
    if (name == "RSA") return SignType::rsa;
    if (name == "SM2") return SignType::sm2;
    return std::nullopt;
}

Result<SignType> allowed_sign_type(std::string_view name, SignType configured) {
    if (name.empty()) {
        return Error(ErrorCode::unauthenticated, "sign_type is missing")
            .because("sign_type_missing");
    }
    const auto type = sign_type_from(name);
    if (!type || (*type != SignType::rsa2 && *type != configured)) {
        return Error(ErrorCode::unauthenticated, "this sign_type is not configured for the app")
            .because("sign_type_not_allowed");
    }
    return *type;
}

}  // namespace tollgate::signing
