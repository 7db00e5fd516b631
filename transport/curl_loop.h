#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

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

    // For each handle: lets the loop know when a connection's socket is closed. The loop must
    // outlive the connections, which the multi handle keeps.
    bool watch_closing(CURL* easy);
    // A socket that was opened for a connection of such a handle.
    void opened(curl_socket_t socket);

private:
    struct Watch {
        bool is_known = false;       // libcurl wants to hear of it.
        bool is_connection = false;  // See opened().
        bool is_registered = false;  // At epoll, …
        std::uint32_t events = 0;    // … for these.
    };

    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watched);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);  // NOLINT(google-runtime-int)
    static int on_close(void* self, curl_socket_t socket);
    Watch& watch_of(curl_socket_t socket);
    void watch(curl_socket_t socket, int what);
    void stop_watching(curl_socket_t socket);
    int patience(std::chrono::milliseconds timeout) const;

    Descriptor epoll_;
    Descriptor woken_;
    std::optional<std::chrono::nanoseconds> timer_;  // Monotonic; when libcurl wants to be called.
    std::vector<Watch> watches_;                     // By the socket's number.
    CurlMulti multi_;                                // Last: its end still calls on_socket().
};

}  // namespace tollgate::transport
