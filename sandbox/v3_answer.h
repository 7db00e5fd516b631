#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/answer.h"
#include "sandbox/methods.h"
#include "sandbox/rsa.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

struct V3Stamp {
    Timestamp now;
    std::string nonce;
    std::string cert_sn = {};                   // Of the certificate that signs; empty in key mode.
    std::optional<Encryption> encryption = {};  // Of a success; failures are plain.
};

// An answer of API v3 (protocol notes 7.2): the node itself, signed in the
// headers, or a status of 4xx or 5xx with {"code","message","links"}, which is
// not signed.
transport::ServerResponse v3_answer(const Result<Handled>& handled, SignatureFlaw flaw,
                                    const V3Stamp& stamp, const PrivateKey& key);

}  // namespace tollgate::sandbox
