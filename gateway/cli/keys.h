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

// `tollgate keys chain DIR`: certificates for an app of the sandbox's, to rehearse certificate mode
// on this machine: the four files that Alipay and its console would hand out (app_private_key.pem,
// appCertPublicKey.crt, alipayCertPublicKey_RSA2.crt, alipayRootCert.crt), Alipay's own key and two
// certificates for renewals. The keys are demo keys. Overwrites nothing. Errors: invalid_argument,
// failed_precondition when a file is there, unavailable.
Result<Done> new_demo_chain(const std::filesystem::path& folder, const std::string& app_id,
                            const std::string& seller_id, Timestamp now);

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

// `tollgate keys password`: reads a password (twice from a terminal, without showing it; else a
// line of standard input) and prints the hash that the console's settings take. Errors:
// invalid_argument when it is too short or the two differ.
Result<Done> print_password_hash();

}  // namespace tollgate::gateway::cli
