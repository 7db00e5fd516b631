#pragma once

#include <optional>

#include "base/span.h"
#include "transport/http_message.h"

namespace tollgate::transport {

// The trace that a request's headers name. Nothing when there is no traceparent, a wrong one, or
// more than one; a tracestate that is wrong is left out.
std::optional<TraceContext> trace_of(const HeaderList& headers);

// Carries the span's trace on to whom these headers go to; nothing without a span.
void add_trace_headers(const Span& span, HeaderList& headers);

}  // namespace tollgate::transport
