#pragma once

#include "sandbox/methods.h"

namespace tollgate::sandbox {

// Where a bill can be fetched from (protocol notes 9.12).
Run bill_download_url(const SignedRequest& request, const MethodWorld& world);

}  // namespace tollgate::sandbox
