#include "signing/verify_any.h"

#include <optional>
#include <utility>

namespace tollgate::signing {

Result<Done> verify_with_any(std::span<const PublicKey> keys, std::string_view content,
                             std::string_view signature_base64, SignType type) {
    std::optional<Error> failure;
    for (const PublicKey& key : keys) {
        auto verified = key.verify(content, signature_base64, type);
        if (verified) return Done{};
        if (!failure || failure->reason() != "sign_mismatch") failure = std::move(verified).error();
    }
    if (failure) return *std::move(failure);
    return Error(ErrorCode::unauthenticated, "no Alipay key to check with")
        .because("answer_no_key");
}

}  // namespace tollgate::signing
