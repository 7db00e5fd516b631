#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/auth_order.h"
#include "sandbox/signed_request.h"

namespace tollgate::sandbox {

// Reads and checks a freezing request (protocol notes 9.16), field by field. Refusals:
// ILLEGAL_ARGUMENT naming the field.
Result<FreezeOrder> read_freeze_order(const SignedRequest& request, std::string_view product_code,
                                      const std::vector<std::string_view>& more_fields);

// The family's own word for a field that is wrong: ILLEGAL_ARGUMENT for ACQ.INVALID_PARAMETER.
Error illegal_argument(const Error& error);

}  // namespace tollgate::sandbox
