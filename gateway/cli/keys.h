#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tollgate::gateway::cli {

// `tollgate keys new DIR`: a fresh pair for one app. Writes app_private_key.pem (readable by us
// alone), app_public_key.pem, and app_public_key.txt (one line, as Alipay's console takes it).
// Overwrites nothing. A demo key says so in its own file, and `serve` refuses it next to a
// production address. Errors: failed_precondition when a file is there, unavailable.
Result<Done> new_app_keys(const std::filesystem::path& folder, int bits, bool demo);

// `tollgate keys caller FILE`: a fresh bearer key for an order service; prints its SHA-256, which
// is all that the gateway's settings need.
Result<Done> new_caller_key(const std::filesystem::path& file);

// `tollgate tunnel token new FILE`: a fresh token for one tunnel; prints its SHA-256, which is all
// that the relay's settings need.
Result<Done> new_tunnel_token(const std::filesystem::path& file);

// `tollgate tunnel certificate new DIR`: a self-signed certificate for a relay in local trials, for
// these names and addresses, 30 days long. Writes relay_cert.pem (also the client's --ca-file) and
// relay_key.pem; prints the key's pin. Overwrites nothing.
Result<Done> new_relay_certificate(const std::filesystem::path& folder,
                                   const std::vector<std::string>& names, Timestamp now);

// `tollgate keys webhook FILE`: a fresh secret (whsec_…) for an endpoint.
Result<Done> new_webhook_secret(const std::filesystem::path& file);

}  // namespace tollgate::gateway::cli
