#include "tests/support/postgres_wire.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"

namespace tollgate::testing {
namespace {

constexpr int kBeat_ms = 20;
constexpr std::string_view kSocket = "/.s.PGSQL.5432";

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    TOLLGATE_CHECK(path.size() < sizeof(address.sun_path));
    path.copy(address.sun_path, path.size());
    return address;
}

int open_socket() {
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    TOLLGATE_CHECK(made >= 0);
    return made;
}

// False when the other side is gone.
bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// Finds the messages in what a server sends: a letter, four bytes of length, and so much.
class Messages {
public:
    // How many of `bytes`, which go on from the last ones, begin a message of this letter.
    int count(char letter, std::string_view bytes) {
        int found = 0;
        for (const char byte : bytes) {
            if (head_ == 0 && byte == letter) ++found;
            if (head_ < kHead) {
                // The letter is shifted out again.
                length_ = length_ << 8U | static_cast<unsigned char>(byte);
                if (++head_ == kHead) left_ = length_ - 4;
            } else {
                --left_;
            }
            if (head_ == kHead && left_ == 0) head_ = 0;
        }
        return found;
    }

private:
    static constexpr int kHead = 5;
    int head_ = 0;
    std::uint32_t length_ = 0;
    std::uint32_t left_ = 0;
};

}  // namespace

PostgresWire::PostgresWire(const std::string& conninfo) {
    const std::size_t space = conninfo.find(' ');
    server_ = conninfo.substr(5, space - 5) + std::string(kSocket);  // Behind "host=".
    the_rest_ = conninfo.substr(space);
    listening_ = open_socket();
    const sockaddr_un here = address_of(folder_.path().string() + std::string(kSocket));
    TOLLGATE_CHECK(::bind(listening_, reinterpret_cast<const sockaddr*>(&here), sizeof(here)) == 0);
    TOLLGATE_CHECK(::listen(listening_, 8) == 0);
    thread_ = std::thread([this] { run(); });
}

PostgresWire::~PostgresWire() {
    stop_ = true;
    thread_.join();
    if (held_for_ >= 0) ::close(held_for_);
    ::close(listening_);
}

std::string PostgresWire::conninfo() const {
    return "host=" + folder_.path().string() + the_rest_;
}

void PostgresWire::run() {
    while (!stop_) {
        pollfd waiting{.fd = listening_, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, kBeat_ms) != 1) continue;
        const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) carriers_.emplace_back([this, client] { carry(client); });
    }
    for (std::thread& carrier : carriers_) carrier.join();
}

bool PostgresWire::held_back(std::string_view question, int server) {
    if (!holds_ || question.find(held_) == std::string_view::npos) return false;
    holds_ = false;
    held_ = question;
    held_for_ = server;
    return true;
}

void PostgresWire::deliver_held() {
    const int server = held_for_.exchange(-1);
    TOLLGATE_CHECK(server >= 0 && send_all(server, held_));
    std::array<char, 65'536> buffer{};
    Messages answers;
    for (int ready = 0; ready == 0;) {
        const ssize_t got = ::read(server, buffer.data(), buffer.size());
        TOLLGATE_CHECK(got > 0);
        ready = answers.count('Z', {buffer.data(), static_cast<std::size_t>(got)});
    }
    ::close(server);
}

void PostgresWire::lose(std::string_view question) {
    if (question.starts_with('P') || question.starts_with('B')) ++lost_questions_;
}

void PostgresWire::carry(int client) {
    const int server = open_socket();
    const sockaddr_un there = address_of(server_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0) {
        carry(client, server);
    }
    ::close(client);
    if (held_for_ != server) ::close(server);
}

void PostgresWire::carry(int client, int server) {
    std::array<char, 65'536> buffer{};
    Messages answers;
    while (!stop_) {
        std::array<pollfd, 2> sides = {{{.fd = client, .events = POLLIN, .revents = 0},
                                        {.fd = server, .events = POLLIN, .revents = 0}}};
        if (::poll(sides.data(), sides.size(), kBeat_ms) <= 0) continue;
        for (const int side : {0, 1}) {
            const auto& from = sides.at(static_cast<std::size_t>(side));
            if (from.revents == 0) continue;
            const ssize_t got = ::read(from.fd, buffer.data(), buffer.size());
            if (got <= 0) return;
            const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
            if (silent_) {
                lose(bytes);
                continue;
            }
            // "Ready for query": the end of what one wait was for. Its bytes may come in any
            // pieces, and before the whole question has gone by.
            if (side == 1) round_trips_ += answers.count('Z', bytes);
            // The tag of a COMMIT that has been done.
            const bool is_commit =
                side == 1 && bytes.find(std::string_view("COMMIT\0", 7)) != std::string_view::npos;
            if (is_commit && lose_commit_.exchange(false)) return;
            if (side == 0 && held_back(bytes, server)) return;
            if (!send_all(side == 0 ? server : client, bytes)) return;
        }
    }
}

}  // namespace tollgate::testing
