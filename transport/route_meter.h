#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "base/tally.h"

namespace tollgate::transport {

// What has been asked of one route and how it was answered. Counted from any thread, without a
// lock; a route has one for all its life.
class RouteMeter {
public:
    RouteMeter(std::string asked, std::string pattern);

    const std::string method;  // Of the route: a HEAD that GET's handler answers counts there.
    const std::string route;   // Its pattern: never what somebody has sent.

    void begin() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
    // Begun, and its connection is gone before the answer.
    void abandon() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
    void end(int status, std::chrono::nanoseconds took) {
        abandon();
        note(status, took);
    }
    // What had no beginning: it was refused at once.
    void note(int status, std::chrono::nanoseconds took);

    // How many answers of 1xx, 2xx, … 5xx have been given.
    static constexpr std::size_t kClasses = 5;
    std::uint64_t answers(std::size_t status_class) const {
        return answers_.at(status_class).load(std::memory_order_relaxed);
    }
    std::int64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
    Tally::Reading took_us() const { return took_us_.read(); }

private:
    std::array<std::atomic<std::uint64_t>, kClasses> answers_{};
    std::atomic<std::int64_t> in_flight_{0};
    Tally took_us_;
};

// One request at a route, from the moment it is known to its answer, or to its connection's end.
class MeteredRequest {
public:
    MeteredRequest() = default;
    explicit MeteredRequest(RouteMeter& meter) : meter_(&meter) { meter.begin(); }
    MeteredRequest(MeteredRequest&& other) noexcept
        : meter_(std::exchange(other.meter_, nullptr)) {}
    MeteredRequest& operator=(MeteredRequest&& other) noexcept {
        if (this == &other) return *this;
        drop();
        meter_ = std::exchange(other.meter_, nullptr);
        return *this;
    }
    ~MeteredRequest() { drop(); }

    // Without a route, `otherwise` gets the answer. The second answer of one request, which happens
    // when the first could not be sent, counts there, too.
    void end(int status, std::chrono::nanoseconds took, RouteMeter& otherwise) {
        if (meter_ == nullptr) return otherwise.note(status, took);
        std::exchange(meter_, nullptr)->end(status, took);
    }

private:
    void drop() {
        if (meter_ != nullptr) std::exchange(meter_, nullptr)->abandon();
    }

    RouteMeter* meter_ = nullptr;
};

}  // namespace tollgate::transport
