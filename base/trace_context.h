#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tollgate {

// One span's place in a trace, as the headers `traceparent` and `tracestate` of W3C Trace Context
// say it. Cheap to copy.
struct TraceContext {
    using TraceId = std::array<std::uint8_t, 16>;
    using SpanId = std::array<std::uint8_t, 8>;

    TraceId trace_id{};  // Not all zero.
    SpanId span_id{};    // Not all zero.
    bool sampled = false;
    std::shared_ptr<const std::string> state = nullptr;  // tracestate, as it came; null: none.
};

// What the header says; nothing when it is none. Of a version that is not known yet the first four
// fields count, as the standard wants it.
std::optional<TraceContext> parse_traceparent(std::string_view header);

// Whether this may be passed on: a list of at most 32 well-formed members, 1,024 bytes long at
// most. Of several headers all are one list, joined by commas.
bool is_tracestate(std::string_view list);

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
std::string to_traceparent(const TraceContext& context);

// Lower-case hexadecimal digits, as ids are written everywhere.
std::string id_text(std::span<const std::uint8_t> id);

}  // namespace tollgate
