#include "transport/trace_headers.h"

#include <memory>
#include <string>
#include <utility>

#include "transport/http_text.h"

namespace tollgate::transport {

std::optional<TraceContext> trace_of(const HeaderList& headers) {
    std::optional<TraceContext> context;
    bool seen = false;
    std::string state;
    for (const auto& [name, value] : headers) {
        if (same_word(name, "traceparent")) {
            if (std::exchange(seen, true)) return std::nullopt;
            context = parse_traceparent(value);
        } else if (same_word(name, "tracestate")) {
            // Several are one list, in their order.
            if (!state.empty()) state += ',';
            state += value;
        }
    }
    if (context && is_tracestate(state)) {
        context->state = std::make_shared<const std::string>(std::move(state));
    }
    return context;
}

void add_trace_headers(const Span& span, HeaderList& headers) {
    const TraceContext* const context = span.context();
    if (context == nullptr) return;
    headers.emplace_back("traceparent", to_traceparent(*context));
    if (context->state != nullptr) headers.emplace_back("tracestate", *context->state);
}

}  // namespace tollgate::transport
