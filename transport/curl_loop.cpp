#include "transport/curl_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

namespace tollgate::transport {
namespace {

constexpr std::size_t kEventsATurn = 128;

// Once a process, before the first handle; a static local is made exactly once by the language.
// Never undone: other parts of the process may use libcurl as well.
CurlMulti make_multi() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    TOLLGATE_CHECK(started == CURLE_OK);
    return CurlMulti(curl_multi_init());
}

std::uint32_t events_of(int what) {
    switch (what) {
        case CURL_POLL_IN: return EPOLLIN;
        case CURL_POLL_OUT: return EPOLLOUT;
        case CURL_POLL_INOUT: return EPOLLIN | EPOLLOUT;
        default: return 0;
    }
}

int actions_of(std::uint32_t events) {
    int actions = 0;
    if ((events & (EPOLLIN | EPOLLHUP)) != 0) actions |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) actions |= CURL_CSELECT_OUT;
    if ((events & EPOLLERR) != 0) actions |= CURL_CSELECT_ERR;
    return actions;
}

}  // namespace

CurlLoop::CurlLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      multi_(make_multi()) {
    TOLLGATE_CHECK(epoll_ && woken_ && multi_ != nullptr);
    watch(woken_.get(), CURL_POLL_IN);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
}

CurlLoop::~CurlLoop() = default;

int CurlLoop::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                        void* /*mark*/) {
    static_cast<CurlLoop*>(self)->watch(socket, what);
    return 0;
}

int CurlLoop::on_close(void* self, curl_socket_t socket) {
    static_cast<CurlLoop*>(self)->watch_of(socket) = {};  // epoll forgets what is closed.
    return ::close(socket);
}

int CurlLoop::on_timer(CURLM* /*multi*/, long timeout_ms, void* self) {  // NOLINT(*-runtime-int)
    auto* const loop = static_cast<CurlLoop*>(self);
    loop->timer_.reset();
    if (timeout_ms >= 0) {
        loop->timer_ = system_clock().monotonic() + std::chrono::milliseconds(timeout_ms);
    }
    return 0;
}

bool CurlLoop::watch_closing(CURL* easy) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlLoop::on_close) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this) == CURLE_OK;
}

void CurlLoop::opened(curl_socket_t socket) {
    watch_of(socket) = {.is_connection = true};
}

CurlLoop::Watch& CurlLoop::watch_of(curl_socket_t socket) {
    const auto number = static_cast<std::size_t>(socket);
    if (number >= watches_.size()) watches_.resize(number + 1);
    return watches_[number];
}

void CurlLoop::watch(curl_socket_t socket, int what) {
    Watch& watch = watch_of(socket);
    watch.is_known = what != CURL_POLL_REMOVE;
    if (!watch.is_known) {
        // A connection's last word on an exchange: the next one will want to hear of it again, for
        // the same events. What else libcurl opens, it closes without a word to us.
        if (!watch.is_connection) stop_watching(socket);
        return;
    }
    const std::uint32_t events = events_of(what);
    if (watch.is_registered && watch.events == events) return;
    epoll_event event{.events = events, .data = {.fd = socket}};
    const int change = watch.is_registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    TOLLGATE_CHECK(::epoll_ctl(epoll_.get(), change, socket, &event) == 0);
    watch.is_registered = true;
    watch.events = events;
}

void CurlLoop::stop_watching(curl_socket_t socket) {
    // It fails when the socket is closed already, which has the same effect.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    watch_of(socket).is_registered = false;
}

void CurlLoop::act_on_time() {
    if (!timer_ || *timer_ > system_clock().monotonic()) return;
    timer_.reset();
    int running = 0;
    TOLLGATE_CHECK(curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running) ==
                   CURLM_OK);
}

int CurlLoop::patience(std::chrono::milliseconds timeout) const {
    if (!timer_) return static_cast<int>(timeout.count());
    // Rounded up: a turn too early would only be followed by another.
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*timer_ - system_clock().monotonic());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, timeout.count()));
}

void CurlLoop::wait_and_act(std::chrono::milliseconds timeout) {
    std::array<epoll_event, kEventsATurn> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   patience(timeout));
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == woken_.get()) {
            std::uint64_t times = 0;
            // Nothing to read: another turn has had it.
            const ssize_t taken = ::read(woken_.get(), &times, sizeof times);
            TOLLGATE_CHECK(taken == sizeof times || errno == EAGAIN);
            continue;
        }
        if (!watch_of(event.data.fd).is_known) {
            // An idle connection that the other side has closed: libcurl finds out when it next
            // looks at it.
            stop_watching(event.data.fd);
            continue;
        }
        int running = 0;
        TOLLGATE_CHECK(curl_multi_socket_action(multi_.get(), event.data.fd,
                                                actions_of(event.events), &running) == CURLM_OK);
    }
    act_on_time();
}

void CurlLoop::wake() {
    const std::uint64_t once = 1;
    // A counter that is full has woken it already.
    const ssize_t added = ::write(woken_.get(), &once, sizeof once);
    TOLLGATE_CHECK(added == sizeof once || errno == EAGAIN);
}

}  // namespace tollgate::transport
