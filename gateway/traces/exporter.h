#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/tracer.h"
#include "gateway/traces/otlp.h"
#include "transport/curl_client.h"

namespace tollgate::gateway::traces {

// Takes spans to a collector by OTLP/HTTP in JSON. When it is away they are tried again at growing
// intervals and dropped in the end: what is waited for meanwhile is bounded, and so is the memory.
// One thread, which may wait, drives it.
class Exporter {
public:
    struct Options {
        std::string endpoint;  // Without /v1/traces.
        Secret authorization;  // Empty: no such header.
        Resource resource;
    };
    struct Seams {
        Tracer& tracer;
        Clock& clock;
        Random& random;
        Log& log;
    };
    Exporter(Options options, Seams seams);

    // Sends what waits, batch by batch, or makes the next try of one that was not taken when its
    // time has come. How long there is nothing to do then, unless new spans come.
    std::chrono::milliseconds run_once();

    // The last spans: sends what waits until `deadline` on the monotonic clock and drops the rest.
    // One try for each batch.
    void flush(std::chrono::nanoseconds deadline);

    // Makes a run_once() under way return by then. Safe from any thread.
    void hurry(std::chrono::nanoseconds deadline);

    static constexpr std::size_t kBatchMax = Tracer::kWorthSending;
    static constexpr std::chrono::milliseconds kBeat{1'000};
    static constexpr std::chrono::milliseconds kPatience{5'000};  // With one try.
    static constexpr int kTriesMax = 6;                           // Of a batch, over half a minute.
    static constexpr std::chrono::milliseconds kPauseMax{30'000};

private:
    enum class Outcome { taken, not_now, refused };
    Outcome send();
    Result<transport::ClientReply> post(std::string body);
    Outcome read(const Result<transport::ClientReply>& reply);
    std::chrono::milliseconds pause();
    void drop(std::size_t spans);
    void say(bool taken, std::string_view why);

    const Options options_;
    const Seams seams_;
    transport::CurlClient http_{transport::CurlClient::Options{}};
    std::vector<SpanRecord> batch_;  // Taken from the tracer, and not at the collector yet.
    int tries_ = 0;                  // Of the batch.
    int failures_ = 0;               // In a row, over all batches.
    std::optional<std::chrono::milliseconds> asked_to_wait_;  // Retry-After.
    std::chrono::nanoseconds not_before_{};
    std::atomic<std::int64_t> deadline_ns_;
    bool works_ = true;
};

}  // namespace tollgate::gateway::traces
