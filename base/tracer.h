#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/span.h"
#include "base/trace_context.h"

namespace tollgate {

// Who belongs to which trace, and the spans that wait to be exported. Whoever works for a request
// knows its id, and whoever tells of a payment knows that one's: so these are what it goes by, and
// nobody on the way has to carry a context along.
//
// Never blocks anybody and never grows: of spans that do not fit the newest are dropped and
// counted, and of what is remembered the oldest is forgotten. Safe from any thread; must outlive
// its spans.
class Tracer {
public:
    struct Options {
        std::int64_t sample_per_million = 10'000;  // Of what brings no trace along.
        std::size_t waiting_max = 4'096;           // Spans.
        std::size_t remembered_max = 8'192;        // Requests, and as many payments.
        std::string payment_ids_begin;  // So begins what is a payment's id in a path; empty: none.
    };
    Tracer(Options options, Clock& clock, Random& random, Entropy& entropy);

    // A request that has come in. Its span belongs to the trace that it brings, or to a new one
    // when the dice say so, or to none. One whose sender does not have it recorded is passed on,
    // and not exported.
    struct Incoming {
        std::string_view request_id;
        std::string_view method;  // The name is "POST /v1/payments", …
        std::string_view route;   // … or the method alone when no route is known.
        const std::vector<std::string>& captures;
        std::optional<TraceContext> parent = std::nullopt;
        std::chrono::nanoseconds began{};  // On the monotonic clock.
    };
    Span begin_request(const Incoming& request);

    // What we do because of a request, or about a payment, or on our own: it belongs to the first
    // of these that has a trace, else the dice decide.
    struct Outgoing {
        SpanKind kind = SpanKind::client;
        std::string_view name;
        std::string_view request_id = {};  // Empty: of none.
        std::string_view payment_id = {};  // Empty: about none.
    };
    Span begin_call(const Outgoing& call);

    // The request is about this payment. What is done about the payment from now on belongs to the
    // request's trace, if it has one; the request's span points to the trace that it was before.
    void note_payment(std::string_view request_id, std::string_view payment_id);

    // For the log; empty: it belongs to none, or that is forgotten.
    std::string trace_id_of(std::string_view request_id) const;

    // Takes what waits, the oldest first, at most so many.
    std::vector<SpanRecord> take(std::size_t limit);
    // Until there are enough spans for a request, or somebody calls wake(), or so long.
    void wait(std::chrono::milliseconds patience);
    void wake();
    static constexpr std::size_t kWorthSending = 512;

    void count_exported(std::size_t spans) { exported_ += spans; }
    void count_dropped(std::size_t spans) { dropped_ += spans; }
    std::uint64_t exported() const { return exported_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    friend class Span;

    // What is known of a request or a payment.
    struct Known {
        TraceContext context;
        std::string payment_id = {};
        std::optional<TraceContext> link = std::nullopt;
    };
    // By their ids, the oldest out.
    class Memory {
    public:
        void put(std::string_view id, Known known, std::size_t max);
        void forget(std::string_view id);
        Known* find(std::string_view id);

    private:
        struct Entry {
            std::string id;
            Known known;
        };
        std::list<Entry> entries_;  // The oldest first.
        std::unordered_map<std::string_view, std::list<Entry>::iterator> places_;
    };

    bool drawn();
    TraceContext new_trace();
    Span start(SpanKind kind, std::string name, TraceContext context,
               const std::optional<TraceContext::SpanId>& parent, std::chrono::nanoseconds began);
    std::optional<TraceContext> parent_of(const Outgoing& call);
    void note_locked(std::string_view request_id, std::string_view payment_id);
    void remember_call(const Outgoing& call, const TraceContext& context);
    std::int64_t unix_ns(std::chrono::nanoseconds monotonic);
    void finish(Span::Open& open);

    const Options options_;
    Clock& clock_;
    Random& random_;
    Entropy& entropy_;
    std::atomic<std::int64_t> wall_ahead_ns_;  // Of the monotonic clock.

    mutable std::mutex mutex_;  // Guards the next four.
    mutable Memory requests_;
    Memory payments_;
    std::deque<SpanRecord> waiting_;
    bool woken_ = false;
    std::condition_variable worth_sending_;

    std::atomic<std::uint64_t> exported_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace tollgate
