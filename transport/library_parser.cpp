#include "transport/library_parser.h"

#include <algorithm>
#include <cstring>

#include <httplib.h>

namespace tollgate::transport {
namespace {

// process_request is not public: another version may call, order or name things differently. Read
// this file against the new header, run the trap tests, then change the number.
static_assert(std::string_view(CPPHTTPLIB_VERSION) == "0.11.4");

// Gives the library exactly the bytes of one head, then end of file; swallows what it writes.
class BoundedStream final : public httplib::Stream {
public:
    explicit BoundedStream(std::string_view bytes) : bytes_(bytes) {}

    bool is_readable() const override { return !bytes_.empty(); }
    bool is_writable() const override { return true; }
    ssize_t read(char* out, std::size_t size) override {
        const std::size_t here = std::min(size, bytes_.size());
        std::memcpy(out, bytes_.data(), here);
        bytes_.remove_prefix(here);
        return static_cast<ssize_t>(here);
    }
    ssize_t write(const char*, std::size_t size) override { return static_cast<ssize_t>(size); }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    // The library refuses numbers above FD_SETSIZE in some builds; it never uses this one.
    socket_t socket() const override { return 0; }

private:
    std::string_view bytes_;
};

}  // namespace

// Never listens: only the protected process_request is used.
class LibraryParser::Server final : public httplib::Server {
public:
    Server() {
        // Ends the library's part before it routes, reads a body, or looks for files.
        set_pre_routing_handler(
            [](const httplib::Request&, httplib::Response&) { return HandlerResponse::Handled; });
    }

    std::optional<LibraryParser::Line> parse(std::string_view head) {
        std::optional<LibraryParser::Line> line;
        BoundedStream stream(head);
        bool closed = false;
        process_request(stream, false, closed, [&](httplib::Request& request) {
            line = LibraryParser::Line{std::move(request.method), std::move(request.target),
                                       std::move(request.path)};
        });
        return line;
    }
};

LibraryParser::LibraryParser() : server_(std::make_unique<Server>()) {}
LibraryParser::~LibraryParser() = default;

std::optional<LibraryParser::Line> LibraryParser::parse(std::string_view method,
                                                        std::string_view target) {
    std::string head(method);
    head += ' ';
    // Without the query: the library refuses one with a `?` in it, which is allowed (RFC 3986,
    // section 3.4).
    head += target.substr(0, target.find('?'));
    head += " HTTP/1.1\r\n\r\n";
    auto line = server_->parse(head);
    if (line) line->target = target;
    return line;
}

}  // namespace tollgate::transport
