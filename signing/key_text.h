#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace tollgate::signing {

// RSA sizes that parse() accepts, in bits. RSA2 needs 2048 (protocol notes 2.2); only checks of old
// published signatures go lower. Above the maximum one check takes long enough to be an attack.
struct KeyLimits {
    int bits_min = 2048;
    int bits_max = 8192;
};

// A key or certificate as people hand it over: PEM armour or bare base64, with any line breaks or
// white space, also the two characters \n that environment files leave in (protocol notes 2.3).
struct KeyText {
    std::string label;     // Between the dashes, e.g. "PUBLIC KEY"; empty for bare base64.
    std::string preamble;  // What stood before the armour; empty for bare base64.
    Secret der;            // Whether it is a secret shows only later, so it is treated as one.
};

// Takes the armour and the base64 off the first block in the text. Errors: invalid_argument with
// "key_missing" (empty), "key_truncated" (an end is missing), "key_encrypted" (PEM with a pass
// phrase), "key_unreadable" (neither PEM nor base64). No message repeats any of the text.
Result<KeyText> read_key_text(std::string_view text);

// The armour around `der`, 64 characters a line, with a final line end.
Secret pem_armour(std::string_view label, std::string_view der);

Error key_error(std::string_view reason, std::string message, Here here = Here::current());

}  // namespace tollgate::signing
