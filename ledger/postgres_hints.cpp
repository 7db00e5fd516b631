#include "ledger/postgres_hints.h"

#include <algorithm>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace tollgate::ledger {
namespace {

using std::chrono::milliseconds;

// A NOTIFY is a transaction; nobody is answered because of it, so its COMMIT need not wait for the
// disk.
constexpr const char* kListen = "LISTEN tollgate";
constexpr const char* kInNoHurry = "SET synchronous_commit = off";
constexpr const char* kNotify = "NOTIFY tollgate";

void empty(int eventfd) {
    std::uint64_t count = 0;
    // It was there, or somebody else has taken it: either way it is empty now.
    static_cast<void>(!::read(eventfd, &count, sizeof count));
}

}  // namespace

PostgresHints::PostgresHints(std::shared_ptr<PostgresDoor> door, Clock& clock)
    : door_(std::move(door)), clock_(clock), woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

PostgresHints::~PostgresHints() {
    ::close(woken_);
}

void PostgresHints::tell() {
    if (!told_.exchange(true)) wake();
}

void PostgresHints::wake() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(woken_, &one, sizeof one));
}

bool PostgresHints::run_once(milliseconds patience) {
    if (!connected()) {
        wait_for_wake(patience);
        return false;
    }
    pass_on();
    const auto wait = told_ ? std::min(patience, until_next_tell()) : patience;
    switch (connection_->listen(woken_, wait)) {
        case PostgresConnection::Heard::nothing: return false;
        case PostgresConnection::Heard::other:
            empty(woken_);
            pass_on();
            return false;
        case PostgresConnection::Heard::word: return true;
        case PostgresConnection::Heard::lost: break;
    }
    connection_.reset();
    return false;
}

bool PostgresHints::connected() {
    if (connection_ != nullptr) return true;
    auto opened = door_->open();
    if (!opened) return false;
    auto outcome = (*opened)->run({{kListen, {}}, {kInNoHurry, {}}});
    if (outcome.error) return false;
    connection_ = *std::move(opened);
    return true;
}

milliseconds PostgresHints::until_next_tell() const {
    const auto left = last_ + kTellEvery - clock_.monotonic();
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(left));
}

void PostgresHints::pass_on() {
    if (!told_ || until_next_tell().count() > 0) return;
    told_ = false;
    last_ = clock_.monotonic();
    // Where it fails the connection is broken, which listen() will find.
    static_cast<void>(connection_->run({{kNotify, {}}}));
}

void PostgresHints::wait_for_wake(milliseconds patience) {
    pollfd woken{.fd = woken_, .events = POLLIN, .revents = 0};
    if (::poll(&woken, 1, static_cast<int>(patience.count())) > 0) empty(woken_);
}

}  // namespace tollgate::ledger
