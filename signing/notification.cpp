#include "signing/notification.h"

#include <optional>
#include <utility>

#include "signing/content.h"
#include "signing/parameter_names.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kCertSn = "alipay_cert_sn";

Error notification_refused(std::string_view reason, const char* what, Here here = Here::current()) {
    return Error(ErrorCode::unauthenticated, what, here).because(reason);
}

// The reason that tells most: a mismatch with a key of the right size outranks a wrong size.
void remember(std::optional<Error>& failure, Error error) {
    if (!failure || failure->reason() != "sign_mismatch") failure = std::move(error);
}

Result<Done> verify_content(std::string_view content, std::string_view sign, SignType type,
                            const std::vector<PublicKey>& keys) {
    std::optional<Error> failure;
    for (const PublicKey& key : keys) {
        auto verified = key.verify(content, sign, type);
        if (verified) return Done{};
        remember(failure, std::move(verified).error());
    }
    if (failure) return *std::move(failure);
    return notification_refused("no_alipay_key", "no Alipay public key is configured for the app");
}

Fields without_cert_sn(const Fields& fields) {
    Fields kept = fields;
    std::erase_if(kept, [](const auto& field) { return field.first == kCertSn; });
    return kept;
}

}  // namespace

Result<Done> verify_notification(const Fields& fields, const NotificationKeys& keys) {
    const auto sign = find(fields, "sign");
    if (!sign || sign->empty())
        return notification_refused("sign_missing", "the notification is not signed");
    TOLLGATE_TRY(const SignType type,
                 allowed_sign_type(find(fields, "sign_type").value_or(""), keys.sign_type));
    if (find(fields, kCertSn)) {
        const std::string content = notification_content(without_cert_sn(fields));
        if (verify_content(content, *sign, type, keys.alipay)) return Done{};
    }
    return verify_content(notification_content(fields), *sign, type, keys.alipay);
}

Result<Done> verify_notification_v2(const Fields& fields, const NotificationKeys& keys) {
    const auto sign = find(fields, "sign");
    if (!sign || sign->empty())
        return notification_refused("sign_missing", "the notification is not signed");
    TOLLGATE_TRY(const SignType type,
                 allowed_sign_type(find(fields, "sign_type").value_or(""), keys.sign_type));
    return verify_content(notification_content_v2(fields), *sign, type, keys.alipay);
}

Result<Done> verify_return(const Fields& query_fields, const NotificationKeys& keys) {
    Fields own = query_fields;
    std::erase_if(own, [](const auto& field) { return !is_return_name(field.first); });
    return verify_notification(own, keys);
}

}  // namespace tollgate::signing
