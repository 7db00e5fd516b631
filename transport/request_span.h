#pragma once

#include "base/tracer.h"
#include "transport/connection.h"
#include "transport/router.h"

namespace tollgate::transport {

// The span of the request that the connection's exchange is about; none when it belongs to no
// trace.
Span begin_request_span(Tracer& tracer, const Connection& connection, const HeaderList& headers,
                        const Router::Match& match);
void end_request_span(Span& span, int status);

}  // namespace tollgate::transport
