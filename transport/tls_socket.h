#pragma once

#include <openssl/types.h>

namespace tollgate::transport {

// A BIO over a socket that stays the caller's: *socket must outlive it. Never blocks and, unlike
// OpenSSL's own, never raises SIGPIPE for a peer that has left. The caller owns the BIO.
BIO* make_socket_bio(const int* socket);

}  // namespace tollgate::transport
