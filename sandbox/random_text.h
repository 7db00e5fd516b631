#pragma once

#include <cstddef>
#include <string>

#include "base/random.h"

namespace tollgate::sandbox {

// So many random bytes (at most 32) as lower-case hexadecimal digits.
std::string random_hex(Entropy& entropy, std::size_t bytes);

}  // namespace tollgate::sandbox
