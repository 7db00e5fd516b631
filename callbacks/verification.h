#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "callbacks/record_notification.h"
#include "signing/fields.h"

namespace tollgate::callbacks {

// The fields of a notification's body, if one of the app's keys has signed them. The app, and with
// it the key, is chosen by where it came to, never by the unverified body. Errors: with a reason
// for people: those of decode_form and verify_notification; "not_a_notification".
Result<signing::Fields> verify_body(std::string_view body, const App& app);

// How it came.
struct Arrival {
    std::string body;
    std::string headers;  // JSON.
    std::string request_id;
    Timestamp at;
};

// What record_notification takes; `fields` must come from verify_body over this body.
VerifiedNotification verified_notification(const AppRef& app, const signing::Fields& fields,
                                           Arrival arrival);

}  // namespace tollgate::callbacks
