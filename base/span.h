#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/trace_context.h"

namespace tollgate {

class Tracer;

// With OTLP's numbers.
enum class SpanKind { server = 2, client = 3, producer = 4 };

// Never a secret, a query string or a body: what a span holds leaves the house.
struct SpanAttribute {
    std::string_view name;  // A literal.
    std::variant<std::string, std::int64_t> value;
};

// A span that has ended.
struct SpanRecord {
    TraceContext context;
    std::optional<TraceContext::SpanId> parent;  // Nothing: it began the trace.
    std::optional<TraceContext> link;            // Another trace that has to do with it.
    SpanKind kind = SpanKind::server;
    std::string name;
    std::int64_t began_ns = 0;  // Since 1970.
    std::int64_t ended_ns = 0;
    std::vector<SpanAttribute> attributes;
    bool failed = false;
};

// A span under way, or none: then all this does nothing. Copies share it, as callbacks must be
// copyable; it belongs to one thread at a time. The last copy ends one that nobody has ended, as
// failed: "abandoned".
class Span {
public:
    Span() = default;

    explicit operator bool() const { return open_ != nullptr; }
    // For who carries the trace on; null without a span.
    const TraceContext* context() const;

    // `name` is a literal. Text is cut off after 256 bytes; empty text is left out.
    void add(std::string_view name, std::string_view value);
    void add(std::string_view name, std::int64_t value);
    // It failed, in one word such as "timeout": `error.type`.
    void fail(std::string_view type);
    // Later calls on any copy do nothing.
    void end();

private:
    friend class Tracer;
    struct Open;
    explicit Span(std::shared_ptr<Open> open) : open_(std::move(open)) {}

    std::shared_ptr<Open> open_;
};

}  // namespace tollgate
