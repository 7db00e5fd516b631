#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

#include "peer.h"
#include "tls_files.h"

namespace tollgate::transport::testing {

// A TLS client that speaks bytes and can do what no library would: stop anywhere, finish halfway,
// say nothing. It does not check the server's certificate (curl and the openssl program do).
class TlsPeer final : public Peer {
public:
    struct Options {
        const TlsFiles* certificate = nullptr;  // To show, when asked.
        int version_max = 0;                    // TLS1_2_VERSION, …; 0: the newest.
        std::string protocol = "http/1.1";      // For ALPN; empty: none.
        std::string session = {};               // To resume: what session() said before.
    };
    static TlsPeer connect_to(int port, const Options& options);
    static TlsPeer connect_to(int port) { return connect_to(port, Options()); }
    TlsPeer(TlsPeer&&) noexcept;
    ~TlsPeer() override;

    // False when the server ended it. send() and answer() do it by themselves.
    bool shake_hands();

    bool send(std::string_view bytes) override;
    // As the ClientHello, and nothing more: what a stalling client does.
    void send_hello_in_part(std::size_t bytes);
    // close_notify: in TLS, but not in TCP.
    bool finish_in_tls();
    // The same with bytes behind it, in one piece.
    void finish_in_tls_and_go_on(std::string_view bytes);
    // Asks the server for new keys as well (TLS 1.3).
    bool change_keys();
    // Sends what waits to be sent, as a key change does.
    void send_nothing();
    bool ask_to_renegotiate();
    // The server has said close_notify.
    bool told_of_the_end() const;

    // The common name of the server's certificate.
    std::string server_name() const;
    std::string protocol() const;
    std::string version() const;
    bool resumed() const;
    // The last session, to resume. With TLS 1.3 it comes with the first answer.
    std::string session() const;

protected:
    std::string receive() override;

private:
    struct Tls;
    TlsPeer(Peer connected, const Options& options);
    // Repeats a call of OpenSSL's until it neither waits to read nor to write.
    // What the call would send; nothing goes out by itself any more.
    std::string bytes_of(int (*call)(SSL*));
    template <typename Call>
    int settle(Call call) const;

    std::unique_ptr<Tls> tls_;
};

}  // namespace tollgate::transport::testing
