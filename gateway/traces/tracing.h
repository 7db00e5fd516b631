#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "config/settings.h"
#include "gateway/traces/exporter.h"

namespace tollgate::gateway::traces {

// All that a gateway has for traces, where its settings want any: the tracer that everybody asks,
// and the exporter on a thread of its own. Logs name traces while it lives.
class Tracing {
public:
    struct Seams {
        Clock& clock;
        Random& random;
        Entropy& entropy;
        Log& log;
    };
    // Null: the settings name no collector. The seams must outlive it.
    static std::unique_ptr<Tracing> make(const config::TracesSettings& settings,
                                         const Seams& seams);

    Tracing(const config::TracesSettings& settings, const Seams& seams);
    Tracing(const Tracing&) = delete;
    Tracing& operator=(const Tracing&) = delete;
    ~Tracing();

    Tracer& tracer() { return tracer_; }

    // The body of its thread; ends soon after stop().
    void run();
    void stop();
    // When nobody makes spans any more and the thread has ended. Takes at least kFlushLeast if the
    // collector does not answer, and at most kFlushMost, whatever the deadline.
    void flush(std::chrono::nanoseconds deadline);

    static constexpr std::chrono::milliseconds kFlushLeast{1'000};
    static constexpr std::chrono::milliseconds kFlushMost{3'000};

private:
    Clock& clock_;
    Log& log_;
    Tracer tracer_;
    Exporter exporter_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace tollgate::gateway::traces
