#include "transport/tls_stream.h"

#include <array>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/check.h"
#include "transport/tls_handles.h"
#include "transport/tls_socket.h"

namespace tollgate::transport {
namespace {

// OpenSSL's queue belongs to the thread, not to the connection: what one leaves there, the next
// would take for its own.
std::string take_failure(const SSL& ssl) {
    const unsigned long first = ERR_peek_error();
    ERR_clear_error();
    if (first == 0) return "the peer has left";
    const char* const reason = ERR_reason_error_string(first);
    std::string text = reason != nullptr ? reason : "unknown TLS error";
    const long verdict = SSL_get_verify_result(&ssl);
    if (ERR_GET_REASON(first) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
        text.append(": ").append(X509_verify_cert_error_string(verdict));
    }
    return text;
}

std::string hex(std::span<const unsigned char> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

// RFC 2253 but for UTF-8, which stays readable; control characters are escaped.
std::string subject_of(X509& certificate) {
    const BioHandle memory(BIO_new(BIO_s_mem()));
    TOLLGATE_CHECK(memory != nullptr);
    const unsigned long form = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (X509_NAME_print_ex(memory.get(), X509_get_subject_name(&certificate), 0, form) < 0) {
        ERR_clear_error();
        return {};
    }
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace

void TlsStream::FreeSsl::operator()(SSL* ssl) const {
    SSL_free(ssl);
}

TlsStream::TlsStream(SSL_CTX& context, int socket, std::int64_t now_s)
    : socket_(socket), ssl_(SSL_new(&context)) {
    TOLLGATE_CHECK(ssl_ != nullptr);
    BIO* const bio = make_socket_bio(&socket_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
    X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl_.get()), now_s);
}

TlsStream::~TlsStream() = default;

IoOutcome TlsStream::explain(int result, std::size_t moved) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) {
        return {.io = Io::blocked, .bytes = moved, .needs = Readiness::input};
    }
    if (error == SSL_ERROR_WANT_WRITE) {
        return {.io = Io::blocked, .bytes = moved, .needs = Readiness::output};
    }
    if (error == SSL_ERROR_ZERO_RETURN) return {.io = Io::finished, .bytes = moved};
    broken_ = true;
    failure_ = take_failure(*ssl_);
    return {.io = Io::broken, .bytes = moved};
}

IoOutcome TlsStream::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return {.io = Io::done};
    IoOutcome outcome = explain(result, 0);
    if (outcome.io == Io::finished) {  // Finished before it began.
        broken_ = true;
        failure_ = "the peer has left";
        outcome.io = Io::broken;
    }
    return outcome;
}

IoOutcome TlsStream::read(std::span<char> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        ERR_clear_error();
        std::size_t got = 0;
        const int result =
            SSL_read_ex(ssl_.get(), into.data() + filled, into.size() - filled, &got);
        if (result != 1) return explain(result, filled);
        filled += got;
        // Else all that was taken from the socket is here: one system call for a small request.
        if (!holds_input()) break;
    }
    return {.io = Io::done, .bytes = filled};
}

IoOutcome TlsStream::write(std::string_view bytes) {
    ERR_clear_error();
    std::size_t went = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &went);
    if (result == 1) return {.io = Io::done, .bytes = went};
    IoOutcome outcome = explain(result, 0);
    if (outcome.io == Io::finished) outcome.io = Io::broken;
    return outcome;
}

bool TlsStream::holds_input() const {
    return SSL_has_pending(ssl_.get()) == 1;
}

void TlsStream::say_goodbye() {
    if (broken_ || SSL_is_init_finished(ssl_.get()) != 1) return;
    ERR_clear_error();
    // Sends our half and does not wait for the peer's: every answer names its own length.
    if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
}

std::optional<ClientCertificate> TlsStream::client_certificate() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) {
        return std::nullopt;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    TOLLGATE_CHECK(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1);
    return ClientCertificate{.subject = subject_of(*certificate),
                             .sha256 = hex({digest.data(), size})};
}

}  // namespace tollgate::transport
