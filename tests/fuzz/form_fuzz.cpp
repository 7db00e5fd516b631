#include "base/check.h"
#include "signing/content.h"
#include "signing/form.h"
#include "signing/notification.h"
#include "tests/fuzz/fuzz.h"

using namespace tollgate::signing;

void fuzz(std::string_view input) {
    const std::string encoded = percent_encode(input);
    const auto back = percent_decode(encoded);
    TOLLGATE_CHECK(back && *back == input);

    const auto fields = decode_form(input);
    if (!fields) {
        TOLLGATE_CHECK(!fields.error().reason().empty());
        return;
    }
    TOLLGATE_CHECK(fields->size() <= kFormFieldsMax);
    const auto again = decode_form(encode_form(*fields));
    TOLLGATE_CHECK(again && *again == *fields);

    // Whatever was sent, nobody signed it with no key at all.
    TOLLGATE_CHECK(!verify_notification(*fields, {}) && !verify_return(*fields, {}) &&
                   !verify_notification_v2(*fields, {}));
    Fields turned(fields->rbegin(), fields->rend());
    TOLLGATE_CHECK(notification_content(*fields) == notification_content(turned));
    TOLLGATE_CHECK(request_content(*fields) == request_content(turned));
    static_cast<void>(explain_notification(input, {}, nullptr));
}
