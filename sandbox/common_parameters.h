#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/app.h"
#include "sandbox/form.h"

namespace tollgate::sandbox {

struct Method;

// The checks of the parameters that every method shares (protocol notes 1.2), each with Alipay's
// own sub_code for what is wrong.
Result<std::string> check_charset(const Fields& fields);
Result<const App*> check_app_id(const Fields& fields, const Apps& apps);
Result<const Method*> check_method(const Fields& fields);
Result<SignType> check_sign_type(const Fields& fields, const App& app);
Result<Done> check_version_and_format(const Fields& fields);

// GMT+8 and at most 15 minutes away; a link that a buyer opens may be as old as an order can be.
Result<Timestamp> check_timestamp(const Fields& fields, Timestamp now, bool buyer_may_be_late);

// A token is of the merchant that this application acts for, by its settings, or of nobody.
Result<Done> check_app_auth_token(std::string_view token, const App& app);

// notify_url (no query of its own) and return_url (may have one).
Result<Done> check_urls(const Fields& fields);

// Whether it is a whole http:// or https:// address without spaces, fragment or user name.
bool is_http_url(std::string_view url);

}  // namespace tollgate::sandbox
