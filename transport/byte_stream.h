#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "transport/descriptor.h"
#include "transport/io_outcome.h"
#include "transport/tls_stream.h"

namespace tollgate::transport {

// A connection's bytes, straight from its socket or through TLS. Never blocks. Owns both; one owner
// at a time, as for its Connection. A plain connection pays one branch a call for the choice.
class ByteStream {
public:
    explicit ByteStream(Descriptor socket) : socket_(std::move(socket)) {}

    int socket() const { return socket_.get(); }

    // From here on through TLS. Requires that nothing was read.
    void secure(std::unique_ptr<TlsStream> tls) { tls_ = std::move(tls); }
    // Null for a plain connection, and for one whose first bytes have not come.
    TlsStream* tls() { return tls_.get(); }

    IoOutcome read(std::span<char> into) { return tls_ ? tls_->read(into) : receive(into); }
    // Requires that there are bytes. `blocked` and `broken` move none.
    IoOutcome write(std::string_view bytes) { return tls_ ? tls_->write(bytes) : send(bytes); }
    // True: read before waiting, as no event will tell of these bytes. See TlsStream.
    bool holds_input() const { return tls_ && tls_->holds_input(); }

    // Says to the peer that nothing more comes, in TLS alone: before a close.
    void say_goodbye() {
        if (tls_) tls_->say_goodbye();
    }
    // Says so at every level. Reading goes on, but only straight from the socket.
    void finish_sending();
    // Closing will throw away what the kernel still holds for the peer.
    void reset_on_close();

private:
    IoOutcome receive(std::span<char> into) const;
    IoOutcome send(std::string_view bytes) const;

    Descriptor socket_;               // Declared first: it must outlive …
    std::unique_ptr<TlsStream> tls_;  // … this.
};

}  // namespace tollgate::transport
