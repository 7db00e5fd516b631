#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "signing/public_key.h"

namespace tollgate::signing {

// Done if one of the keys signed the content. Errors: unauthenticated with "answer_no_key" for no
// keys at all, else the reason that tells most: a mismatch with a key of the right size outranks a
// wrong size.
Result<Done> verify_with_any(std::span<const PublicKey> keys, std::string_view content,
                             std::string_view signature_base64, SignType type);

}  // namespace tollgate::signing
