#pragma once

#include <string_view>

namespace tollgate::signing {

// Whether Alipay puts a parameter of this name into a return_url (protocol notes 4.9). The list is
// closed: whatever else stands in the query is the shop's or its framework's.
bool is_return_name(std::string_view name);

// Whether a parameter of this name is known from notifications (protocol notes 4.5, 4.10). The list
// is open: Alipay adds names, so an unknown one is a suspect for explain_notification, no more.
bool is_notification_name(std::string_view name);

}  // namespace tollgate::signing
