#include "transport/tls_context.h"

#include <array>
#include <string_view>

#include <openssl/err.h>

#include "base/check.h"
#include "transport/tls_files.h"
#include "transport/tls_handles.h"

namespace tollgate::transport {
namespace {

// Of TLS 1.2; those of 1.3 are all good. Either key exchange forgets its secrets.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// A client's certificates, all together; the default is ten times the largest chain seen in use.
constexpr long kCertificateBytesMax = 32L * 1024;
// How long a ticket resumes a session, and so how long a client's certificate is not looked at
// anew.
constexpr long kSessionSeconds = 3600;

// RFC 7301: who offers protocols and not ours is told so, rather than misunderstood later.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void* /*unused*/) {
    static constexpr std::array<unsigned char, 9> kOurs{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kOurs.data(), kOurs.size(), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

ContextHandle make_context() {
    ContextHandle context(SSL_CTX_new(TLS_server_method()));
    TOLLGATE_CHECK(context != nullptr);
    SSL_CTX* const it = context.get();
    TOLLGATE_CHECK(SSL_CTX_set_min_proto_version(it, TLS1_2_VERSION) == 1);
    TOLLGATE_CHECK(SSL_CTX_set_cipher_list(it, kCiphers) == 1);
    // IGNORE_UNEXPECTED_EOF: many clients end without a word. A request that was cut short is
    // found by its own length, so nothing is lost by taking that for an ordinary end.
    SSL_CTX_set_options(
        it, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(it, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
    // A read ends with what one recv brought, whatever the records are: with AUTO_RETRY it would go
    // on for as long as a peer sends records without data (TLS 1.3 lets it change keys without
    // end).
    SSL_CTX_clear_mode(it, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(it, 1);  // One recv for a record's head and body.
    // Tickets keep no state here; a cache would, under a lock.
    SSL_CTX_set_session_cache_mode(it, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(it, kSessionSeconds);
    SSL_CTX_set_max_cert_list(it, kCertificateBytesMax);
    SSL_CTX_set_alpn_select_cb(it, choose_protocol, nullptr);
    // Needed to resume sessions in which a client showed a certificate.
    static constexpr std::array<unsigned char, 8> kName{'t', 'o', 'l', 'l', 'g', 'a', 't', 'e'};
    TOLLGATE_CHECK(SSL_CTX_set_session_id_context(it, kName.data(), kName.size()) == 1);
    return context;
}

Result<Timestamp> use_own_certificate(SSL_CTX& context, const TlsSettings& settings,
                                      Timestamp now) {
    const std::string& file = settings.certificate_chain_file;
    TOLLGATE_TRY(const auto chain, read_certificates(file));
    TOLLGATE_TRY(const auto key, read_private_key(settings.private_key_file));
    if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
        ERR_clear_error();
        return tls_file_error(settings.private_key_file,
                              "its key does not belong to the first certificate in " + file,
                              "tls_key_mismatch");
    }
    TOLLGATE_TRY(const Timestamp expires, check_validity(chain, file, now));
    bool taken = SSL_CTX_use_certificate(&context, chain.front().get()) == 1 &&
                 SSL_CTX_use_PrivateKey(&context, key.get()) == 1;
    for (std::size_t i = 1; taken && i < chain.size(); ++i) {
        taken = SSL_CTX_add1_chain_cert(&context, chain[i].get()) == 1;
    }
    if (!taken) {
        return tls_file_error(file, "its certificate cannot be used", "tls_certificate_unusable");
    }
    return expires;
}

Result<Done> trust_clients(SSL_CTX& context, const TlsSettings& settings) {
    const bool asks = settings.client_certificates != ClientCertificates::none;
    if (asks == settings.client_ca_file.empty()) {
        return Error(ErrorCode::invalid_argument,
                     asks ? "client certificates are asked for, but client_ca_file is not set"
                          : "client_ca_file is set, but no client certificates are asked for: " +
                                settings.client_ca_file)
            .because("tls_settings_incomplete");
    }
    if (!asks) return Done{};
    TOLLGATE_TRY(const auto trusted, read_certificates(settings.client_ca_file));
    X509_STORE* const store = SSL_CTX_get_cert_store(&context);
    for (const CertificateHandle& certificate : trusted) {
        if (X509_STORE_add_cert(store, certificate.get()) != 1 ||
            SSL_CTX_add_client_CA(&context, certificate.get()) != 1) {
            return tls_file_error(settings.client_ca_file, "its certificates cannot be used",
                                  "tls_certificate_unusable");
        }
    }
    // What stands in the file is trusted as it is, whoever signed it.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    const int must = settings.client_certificates == ClientCertificates::required
                         ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : 0;
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | must, nullptr);
    return Done{};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsSettings& settings,
                                                           Timestamp now) {
    ContextHandle context = make_context();
    TOLLGATE_TRY(const Timestamp expires, use_own_certificate(*context, settings, now));
    TOLLGATE_DO(trust_clients(*context, settings));
    return Result<std::shared_ptr<const TlsContext>>(
        std::make_shared<TlsContext>(context.release(), expires));
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

std::unique_ptr<TlsStream> TlsContext::accept(int socket, Timestamp now) const {
    return std::make_unique<TlsStream>(*context_, socket, now.ms / 1000);
}

}  // namespace tollgate::transport
