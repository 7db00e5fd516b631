#pragma once

#include "base/random.h"

namespace tollgate::signing {

// The operating system's randomness through OpenSSL's generator. Safe to use from any thread; lives
// as long as the process. Stops the process should the generator fail: there is no second best.
Entropy& openssl_entropy();

}  // namespace tollgate::signing
