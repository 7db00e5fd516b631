#include "callbacks/verification.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/charset.h"
#include "base/utf8.h"
#include "signing/content.h"
#include "signing/digest.h"
#include "signing/form.h"
#include "signing/notification.h"

namespace tollgate::callbacks {
namespace {

// The dedup key of a notification that has no notify_id: what its signature covers, and nothing
// that anybody could add to it.
std::string content_id(signing::Fields fields) {
    std::erase_if(fields, [](const auto& field) { return field.first == "alipay_cert_sn"; });
    return "sha256:" + signing::sha256_hex(signing::notification_content(fields));
}

// Every value in UTF-8, or nothing when one of them is no text in the charset the sender names.
std::optional<signing::Fields> in_utf8(const signing::Fields& fields) {
    const auto named = signing::find(fields, "charset");
    const std::string_view charset = named && !named->empty() ? *named : "utf-8";
    if (charset == "utf-8" || charset == "UTF-8") {
        const bool all_text = std::ranges::all_of(fields, [](const auto& field) {
            return is_utf8(field.first) && is_utf8(field.second);
        });
        return all_text ? std::optional(fields) : std::nullopt;
    }
    signing::Fields converted;
    converted.reserve(fields.size());
    for (const auto& [name, value] : fields) {
        auto name_text = to_utf8(name, charset);
        auto value_text = to_utf8(value, charset);
        if (!name_text || !value_text) return std::nullopt;
        converted.emplace_back(*std::move(name_text), *std::move(value_text));
    }
    return converted;
}

}  // namespace

Result<signing::Fields> verify_body(std::string_view body, const App& app) {
    TOLLGATE_TRY(auto fields, signing::decode_form(body));
    TOLLGATE_DO(signing::verify_notification(fields, app.alipay));
    // A return_url is signed by the same key and rule, and every buyer has one: it is no
    // notification, and must not take a place in the dedup table.
    if (!signing::find(fields, "notify_type") && !signing::find(fields, "msg_method")) {
        return Error(ErrorCode::invalid_argument, "neither notify_type nor msg_method")
            .because("not_a_notification");
    }
    return fields;
}

VerifiedNotification verified_notification(const AppRef& app, const signing::Fields& fields,
                                           Arrival arrival) {
    VerifiedNotification notification{.app = app,
                                      .fields = in_utf8(fields),
                                      .notify_id = "",
                                      .body = std::move(arrival.body),
                                      .headers = std::move(arrival.headers),
                                      .request_id = std::move(arrival.request_id),
                                      .received_at = arrival.at};
    const auto notify_id = signing::find(fields, "notify_id");
    notification.notify_id = notify_id && !notify_id->empty() && notification.fields
                                 ? std::string(*notify_id)
                                 : content_id(fields);
    return notification;
}

}  // namespace tollgate::callbacks
