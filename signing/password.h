#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace tollgate::signing {

// How dear a guess is: 128 * r * 2^log2_n bytes of memory, p times over.
struct ScryptCost {
    int log2_n = 15;
    int r = 8;
    int p = 3;
};

// A password as it is kept: scrypt (RFC 7914) with a salt of its own, written as
// "scrypt$15$8$3$<salt>$<hash>", both in hexadecimal digits.
class PasswordHash {
public:
    // Errors: invalid_argument, also for costs that are too low to protect anything, or so high
    // that a sign-in would be an attack (beyond 256 MiB).
    static Result<PasswordHash> parse(std::string_view text);
    static PasswordHash of(const Secret& password, Entropy& entropy, ScryptCost cost = {});

    // Takes as long for a wrong password as for the right one. Slow by design (a tenth of a second
    // and 32 MiB by default): for a thread that may wait.
    bool matches(const Secret& password) const;
    std::string text() const;

private:
    PasswordHash() = default;

    ScryptCost cost_;
    std::string salt_;
    std::string hash_;
};

}  // namespace tollgate::signing
