#pragma once

#include <chrono>
#include <optional>

#include "transport/curl_handles.h"
#include "transport/descriptor.h"

namespace tollgate::transport {

// A libcurl multi handle with an event loop of its own: what a turn costs depends on the transfers
// that have something to do, not on all that are under way (as it does with libcurl's own loop,
// where a few hundred endpoints that hang make every turn dear). One thread; only wake() may be
// called from anywhere.
class CurlLoop {
public:
    CurlLoop();
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;
    ~CurlLoop();

    CURLM* multi() const { return multi_.get(); }

    // Does what is due by time alone: the first step of what was added, time-outs. Never waits.
    void act_on_time();
    // Waits for the network, the next time-out or a wake() for at most `timeout`, and acts on what
    // came.
    void wait_and_act(std::chrono::milliseconds timeout);
    void wake();

private:
    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watched);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);  // NOLINT(google-runtime-int)
    void watch(curl_socket_t socket, int what, bool is_watched);
    int patience(std::chrono::milliseconds timeout) const;

    Descriptor epoll_;
    Descriptor woken_;
    std::optional<std::chrono::nanoseconds> timer_;  // Monotonic; when libcurl wants to be called.
    CurlMulti multi_;                                // Last: its end still calls on_socket().
};

}  // namespace tollgate::transport
