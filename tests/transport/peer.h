#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "transport/descriptor.h"
#include "transport/http_message.h"

namespace tollgate::transport::testing {

// Generous: reached only when something is wrong, on however slow a machine.
inline constexpr std::chrono::seconds kPatience{120};

// True as soon as the condition holds; false when it does not within kPatience.
bool becomes_true(const std::function<bool()>& condition);

struct Answer {
    int status = 0;
    HeaderList headers;
    std::string body;

    std::string header(std::string_view name) const {
        return std::string(find_header(headers, name).value_or(""));
    }
};

// The other end of a connection, speaking bytes. Every wait ends at kPatience.
class Peer {
public:
    static Peer connect_to(int port, const std::string& address = "127.0.0.1");
    explicit Peer(Descriptor socket) : socket_(std::move(socket)) {}
    Peer(Peer&&) = default;
    Peer& operator=(Peer&&) = default;
    virtual ~Peer() = default;

    // For a socket that is not connected yet.
    bool connect(int port);
    // False when the other side is gone.
    virtual bool send(std::string_view bytes);
    // The next whole answer, or nothing when the connection ends first. `to_head`: it has no body.
    std::optional<Answer> answer(bool to_head = false);
    std::optional<Answer> ask(std::string_view request);
    // The next line, without its CRLF.
    std::string line();
    // Reads at most so many bytes, whatever has come, and throws them away.
    void skip_some(std::size_t bytes);
    // True when the other side has ended in order; false after a reset.
    bool ended_in_order();
    // Everything until the other side has finished.
    std::string rest();
    // Reads until the text has come. False when the connection ends before.
    bool read_until(std::string_view text);
    // The connection has ended (with or without a reset) and nothing more was said.
    bool is_ended();
    void finish_sending();
    // Ends with a reset, as a crashed or impatient peer does.
    void leave_rudely();
    void leave() { socket_.reset(); }
    int socket() const { return socket_.get(); }
    const std::string& buffered() const { return buffer_; }

protected:
    // The next bytes; empty at the end of the connection.
    virtual std::string receive();

private:
    // False at the end of the connection.
    bool read_more();

    Descriptor socket_;
    std::string buffer_;
};

// True when the socket is ready for these poll() events, false at the end of patience.
bool ready(int socket, short events);

}  // namespace tollgate::transport::testing
