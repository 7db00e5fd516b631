#include "tls_peer.h"

#include <array>
#include <stdexcept>

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "transport/tls_handles.h"
#include "transport/tls_socket.h"

namespace tollgate::transport::testing {
namespace {

using SslHandle = std::unique_ptr<SSL, FreedBy<SSL_free>>;
using SessionHandle = std::unique_ptr<SSL_SESSION, FreedBy<SSL_SESSION_free>>;

void need(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("the TLS peer could not ") + what);
}

ContextHandle make_context(const TlsPeer::Options& options) {
    ContextHandle context(SSL_CTX_new(TLS_client_method()));
    // Old versions too: the server is to refuse them.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    if (options.version_max != 0) {
        SSL_CTX_set_max_proto_version(context.get(), options.version_max);
    }
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (options.certificate != nullptr) {
        need(SSL_CTX_use_certificate_file(context.get(), options.certificate->certificate.c_str(),
                                          SSL_FILETYPE_PEM) == 1,
             "read its certificate");
        need(SSL_CTX_use_PrivateKey_file(context.get(), options.certificate->key.c_str(),
                                         SSL_FILETYPE_PEM) == 1,
             "read its key");
    }
    return context;
}

void use_session(SSL& ssl, const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const SessionHandle session(
        d2i_SSL_SESSION(nullptr, &at, static_cast<std::ptrdiff_t>(der.size())));
    need(session != nullptr && SSL_set_session(&ssl, session.get()) == 1, "use the session");
}

}  // namespace

struct TlsPeer::Tls {
    int socket = -1;
    ContextHandle context;
    SslHandle ssl;
};

TlsPeer TlsPeer::connect_to(int port, const Options& options) {
    return {Peer::connect_to(port), options};
}

TlsPeer::TlsPeer(Peer connected, const Options& options)
    : Peer(std::move(connected)), tls_(std::make_unique<Tls>()) {
    tls_->socket = Peer::socket();
    tls_->context = make_context(options);
    tls_->ssl.reset(SSL_new(tls_->context.get()));
    BIO* const bio = make_socket_bio(&tls_->socket);
    SSL_set_bio(tls_->ssl.get(), bio, bio);
    SSL_set_connect_state(tls_->ssl.get());
    if (!options.protocol.empty()) {
        std::string list(1, static_cast<char>(options.protocol.size()));
        list += options.protocol;
        need(SSL_set_alpn_protos(tls_->ssl.get(),
                                 reinterpret_cast<const unsigned char*>(list.data()),
                                 static_cast<unsigned>(list.size())) == 0,
             "offer its protocol");
    }
    if (!options.session.empty()) use_session(*tls_->ssl, options.session);
}

TlsPeer::TlsPeer(TlsPeer&&) noexcept = default;
TlsPeer::~TlsPeer() = default;

template <typename Call>
int TlsPeer::settle(Call call) const {
    while (true) {
        ERR_clear_error();
        const int result = call(tls_->ssl.get());
        if (result > 0) return result;
        const int error = SSL_get_error(tls_->ssl.get(), result);
        ERR_clear_error();
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return result;
        if (!ready(socket(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
            throw std::runtime_error("the other side says nothing");
        }
    }
}

bool TlsPeer::shake_hands() {
    return settle(SSL_do_handshake) == 1;
}

bool TlsPeer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        std::size_t went = 0;
        if (settle([&](SSL* ssl) {
                return SSL_write_ex(ssl, bytes.data(), bytes.size(), &went);
            }) != 1) {
            return false;
        }
        bytes.remove_prefix(went);
    }
    return true;
}

std::string TlsPeer::receive() {
    std::array<char, 65536> bytes{};
    std::size_t got = 0;
    if (settle([&](SSL* ssl) { return SSL_read_ex(ssl, bytes.data(), bytes.size(), &got); }) != 1) {
        return {};
    }
    return {bytes.data(), got};
}

std::string TlsPeer::bytes_of(int (*call)(SSL*)) {
    const BioHandle written(BIO_new(BIO_s_mem()));
    BIO_up_ref(written.get());
    SSL_set0_wbio(tls_->ssl.get(), written.get());
    call(tls_->ssl.get());
    ERR_clear_error();
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(written.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

void TlsPeer::send_hello_in_part(std::size_t bytes) {
    const std::string hello = bytes_of(SSL_do_handshake);
    need(bytes < hello.size(), "cut its hello there");
    need(Peer::send(std::string_view(hello).substr(0, bytes)), "send its hello");
}

void TlsPeer::finish_in_tls_and_go_on(std::string_view bytes) {
    need(Peer::send(bytes_of(SSL_shutdown).append(bytes)), "finish");
}

bool TlsPeer::finish_in_tls() {
    return SSL_shutdown(tls_->ssl.get()) >= 0;
}

bool TlsPeer::change_keys() {
    return SSL_key_update(tls_->ssl.get(), SSL_KEY_UPDATE_REQUESTED) == 1;
}

void TlsPeer::send_nothing() {
    SSL_do_handshake(tls_->ssl.get());
    ERR_clear_error();
}

bool TlsPeer::told_of_the_end() const {
    return (SSL_get_shutdown(tls_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TlsPeer::ask_to_renegotiate() {
    return SSL_renegotiate(tls_->ssl.get()) == 1 && shake_hands();
}

std::string TlsPeer::server_name() const {
    const CertificateHandle certificate(SSL_get1_peer_certificate(tls_->ssl.get()));
    if (!certificate) return {};
    std::array<char, 256> text{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, text.data(),
                              text.size());
    return text.data();
}

std::string TlsPeer::protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_->ssl.get(), &text, &size);
    return {reinterpret_cast<const char*>(text), size};
}

std::string TlsPeer::version() const {
    return SSL_get_version(tls_->ssl.get());
}

bool TlsPeer::resumed() const {
    return SSL_session_reused(tls_->ssl.get()) == 1;
}

std::string TlsPeer::session() const {
    const SessionHandle session(SSL_get1_session(tls_->ssl.get()));
    need(session != nullptr && SSL_SESSION_is_resumable(session.get()) == 1, "get a session");
    const int size = i2d_SSL_SESSION(session.get(), nullptr);
    std::string der(static_cast<std::size_t>(size), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    i2d_SSL_SESSION(session.get(), &at);
    return der;
}

}  // namespace tollgate::transport::testing
