#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/tls_handles.h"

// The files that TLS needs, read and judged. Errors everywhere: invalid_argument with the reasons
// of TlsContext::load, naming the file.
namespace tollgate::transport {

// All certificates in the file, in order; at least one.
Result<std::vector<CertificateHandle>> read_certificates(const std::string& file);

// The first private key in the file.
Result<PkeyHandle> read_private_key(const std::string& file);

// The file's chain is valid at `now`. Answers when the first of its certificates ends.
Result<Timestamp> check_validity(const std::vector<CertificateHandle>& chain,
                                 const std::string& file, Timestamp now);

// "<file>: <what>", and what OpenSSL says of it, whose queue is empty afterwards.
Error tls_file_error(const std::string& file, std::string_view what, std::string_view reason);

}  // namespace tollgate::transport
