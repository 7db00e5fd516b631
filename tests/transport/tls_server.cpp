#include "tls_server.h"

#include <array>
#include <csignal>
#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/check.h"
#include "transport/listening.h"

namespace tollgate::transport::testing {
namespace {

template <auto Free>
struct FreedBy {
    template <typename T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

constexpr int kLifeSeconds = 24 * 60 * 60;

using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Memory = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using Context = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, FreedBy<SSL_free>>;

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

void add_extension(X509& certificate, int which, const char* value) {
    using Extension = std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>>;
    const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, which, value));
    TOLLGATE_CHECK(extension && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

Certificate self_signed(EVP_PKEY& key) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kLifeSeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifeSeconds);
    X509_set_pubkey(certificate.get(), &key);
    const std::string name = "localhost";
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    add_extension(*certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(*certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    TOLLGATE_CHECK(X509_sign(certificate.get(), &key, EVP_sha256()) > 0);
    return certificate;
}

std::string pin_of(X509& certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned digest_size = 0;
    TOLLGATE_CHECK(size > 0 && EVP_Digest(der, static_cast<std::size_t>(size), digest.data(),
                                          &digest_size, EVP_sha256(), nullptr) == 1);
    OPENSSL_free(der);
    std::array<unsigned char, 64> text{};
    EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
    return std::string("sha256//") + reinterpret_cast<const char*>(text.data());
}

Context context_of(const std::string& key_text, const std::string& certificate_text) {
    const Memory key_memory(BIO_new_mem_buf(key_text.data(), static_cast<int>(key_text.size())));
    const Memory certificate_memory(
        BIO_new_mem_buf(certificate_text.data(), static_cast<int>(certificate_text.size())));
    const Key key(PEM_read_bio_PrivateKey(key_memory.get(), nullptr, nullptr, nullptr));
    const Certificate certificate(
        PEM_read_bio_X509(certificate_memory.get(), nullptr, nullptr, nullptr));
    Context context(SSL_CTX_new(TLS_server_method()));
    TOLLGATE_CHECK(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
    TOLLGATE_CHECK(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
    return context;
}

void answer_one(SSL_CTX& context, const Descriptor& socket) {
    constexpr std::string_view kAnswer =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    const Session session(SSL_new(&context));
    SSL_set_fd(session.get(), socket.get());
    std::array<char, 4096> request{};
    if (SSL_accept(session.get()) == 1 &&
        SSL_read(session.get(), request.data(), static_cast<int>(request.size())) > 0) {
        SSL_write(session.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
        SSL_shutdown(session.get());
    }
    ERR_clear_error();
}

}  // namespace

KeyAndCertificate make_certificate() {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = self_signed(*key);
    const Memory key_memory(BIO_new(BIO_s_mem()));
    const Memory certificate_memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(key_memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_bio_X509(certificate_memory.get(), certificate.get());
    return {.key = text_of(key_memory.get()),
            .certificate = text_of(certificate_memory.get()),
            .pin = pin_of(*certificate)};
}

TlsServer::TlsServer()
    : listener_(*listen_on("127.0.0.1", 0)),
      port_(port_of(listener_.get())),
      own_(make_certificate()) {
    thread_ = std::thread([this] { serve(); });
}

TlsServer::~TlsServer() {
    over_.store(true);
    thread_.join();
}

void TlsServer::serve() {
    // OpenSSL writes to connections that the client has left already.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    const Context context = context_of(own_.key, own_.certificate);
    while (!over_.load()) {
        pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 20) != 1) continue;
        const Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (socket) answer_one(*context, socket);
    }
}

}  // namespace tollgate::transport::testing
