#include "transport/request_span.h"

#include <string>
#include <string_view>

#include "transport/front_state.h"
#include "transport/trace_headers.h"

namespace tollgate::transport {
namespace {

constexpr int kServerFailed = 500;  // What the caller did wrong is no failure of ours.

}  // namespace

Span begin_request_span(Tracer& tracer, const Connection& connection, const HeaderList& headers,
                        const Router::Match& match) {
    const Exchange& exchange = connection.exchange;
    const Listener& listener = connection.listener.settings;
    const std::string_view route =
        match.meter == nullptr ? std::string_view() : std::string_view(match.meter->route);
    // The parser lets no method through that it does not know, so that names are few.
    Span span = tracer.begin_request({.request_id = exchange.request_id,
                                      .method = exchange.method,
                                      .route = route,
                                      .captures = match.captures,
                                      .parent = trace_of(headers),
                                      .began = exchange.started});
    if (!span) return span;
    span.add("http.request.method", exchange.method);
    span.add("http.route", route);
    span.add("url.scheme", listener.tls ? "https" : "http");
    span.add("tollgate.listener", listener.name);
    span.add("tollgate.request_id", exchange.request_id);
    return span;
}

void end_request_span(Span& span, int status) {
    if (!span) return;
    span.add("http.response.status_code", status);
    if (status >= kServerFailed) span.fail(std::to_string(status));
    span.end();
    span = {};
}

}  // namespace tollgate::transport
