#pragma once

#include <string>

#include "base/result.h"

namespace tollgate::signing {

// Why it was refused; "accepted" when it was not.
template <typename T>
std::string reason_of(const Result<T>& result) {
    return result ? "accepted" : result.error().reason();
}

}  // namespace tollgate::signing
