#pragma once

#include <string>

#include "sandbox/form.h"

namespace tollgate::sandbox {

// Which parameters stay out of the signed content (protocol notes 2.1 and 4.2).
enum class ContentRule {
    request,       // sign only: sign_type is signed.
    notification,  // sign and sign_type: notifications and returns ("V1").
};

// name=value joined by '&', sorted by name as bytes, blank values left out, nothing encoded.
std::string canonical_content(const Fields& fields, ContentRule rule);

// Nothing but white space, which Alipay drops like an empty value.
bool is_blank(std::string_view text);

}  // namespace tollgate::sandbox
