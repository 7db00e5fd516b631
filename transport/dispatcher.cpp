#include "transport/dispatcher.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/id.h"
#include "transport/http_text.h"
#include "transport/request_span.h"

namespace tollgate::transport {
namespace {

bool is_request_id(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

// What a ticket says that was dropped or whose time is over; see Ticket.
bool is_no_answer(const ServerResponse& response) {
    return response.status == 503 && response.body.empty() && response.content_type.empty() &&
           response.headers.empty();
}

}  // namespace

void Dispatcher::begin_exchange(Connection& connection, const RequestHead& head) {
    const auto sent_id = find_header(head.headers, "X-Request-Id");
    connection.exchange = {
        .request_id = sent_id && is_request_id(*sent_id)
                          ? std::string(*sent_id)
                          : make_id("req", front_.seams.clock.now(), front_.seams.entropy),
        .method = head.method,
        .path = head.target.substr(0, head.target.find('?')),
        .http_1_0 = head.http_1_0,
        .keep_alive = head.keep_alive,
        .started = front_.seams.clock.monotonic(),
    };
}

bool Dispatcher::serve(Slot& slot) {
    Connection& connection = slot.connection();
    Frame::Request framed = connection.frame.take();
    connection.request_deadline = {};
    connection.idle_deadline = {};
    begin_exchange(connection, framed.head);
    auto line = parser_.parse(framed.head.method, framed.head.target);
    if (!line) {
        refuse(connection, 400, "the request line is malformed");
        return true;
    }
    auto match = connection.listener.settings.router.match(line->method, connection.exchange.path);
    if (front_.seams.tracer != nullptr) {
        connection.exchange.span =
            begin_request_span(*front_.seams.tracer, connection, framed.head.headers, match);
    }
    if (match.outcome == Router::Outcome::no_such_path) {
        answer(connection, refusal(connection, 404, "there is nothing at this path"));
        return true;
    }
    if (match.outcome == Router::Outcome::no_such_method) {
        auto response = refusal(connection, 405, "this path does not take this method");
        response.headers.emplace_back("Allow", match.allowed_methods);
        answer(connection, std::move(response));
        return true;
    }
    if (match.meter != nullptr) connection.exchange.metered = MeteredRequest(*match.meter);
    const std::size_t question = line->target.find('?');
    ServerRequest request{
        .method = std::move(line->method),
        .target = std::move(line->target),
        .path = std::move(line->path),
        .query = {},
        .headers = std::move(framed.head.headers),
        .body = std::move(framed.body),
        .remote_address = connection.remote_address,
        .request_id = connection.exchange.request_id,
        .captures = std::move(match.captures),
        .client_certificate = connection.client_certificate,
    };
    if (question != std::string::npos) request.query = request.target.substr(question + 1);
    return call_handler(slot, *match.handler, request);
}

bool Dispatcher::call_handler(Slot& slot, const Handler& handler, ServerRequest& request) {
    Connection& connection = slot.connection();
    const FrontLimits& limits = connection.listener.settings.limits;
    const auto answer_by = connection.exchange.started + limits.ticket_time;
    front_.requests.fetch_add(1, std::memory_order_relaxed);
    front_.slots->open_tickets().fetch_add(1);
    const std::uint64_t number =
        slot.open_ticket({.answer_by = answer_by, .send_by = answer_by + limits.send_time});
    call_guarded(slot, handler, request, Ticket(front_.slots, number));
    auto response = slot.answer_or_suspend();
    if (!response) return false;
    answer(connection, *std::move(response));
    return true;
}

// The one place where exceptions end: handlers call libraries, and one request's bad luck must not
// end the process. Their text may hold anything, so the peer never sees it.
void Dispatcher::call_guarded(Slot& slot, const Handler& handler, ServerRequest& request,
                              Ticket ticket) {
    try {
        handler(request, std::move(ticket));
    } catch (const std::exception& thrown) {
        handler_failed(slot, thrown.what());
    } catch (...) {
        handler_failed(slot, "something that is no std::exception");
    }
}

void Dispatcher::handler_failed(Slot& slot, std::string_view what) {
    const Connection& connection = slot.connection();
    front_.seams.log.error("http.handler_failed", {{"listener", connection.listener.settings.name},
                                                   {"method", connection.exchange.method},
                                                   {"path", connection.exchange.path},
                                                   {"request_id", connection.exchange.request_id},
                                                   {"error", what}});
    Slot::Revoked revoked = slot.revoke_ticket();
    if (revoked.was_open) front_.slots->open_tickets().fetch_sub(1);
    // An answer that was made before stands: its work is done. Unwinding drops the ticket, though,
    // and that is no answer of the handler's.
    if (!revoked.answer || is_no_answer(*revoked.answer)) {
        revoked.answer = refusal(connection, 500, "the request failed inside the server");
    }
    slot.put_answer(*std::move(revoked.answer));
}

void Dispatcher::answer(Connection& connection, ServerResponse response) {
    if (is_no_answer(response)) response = refusal(connection, 503, "no answer came in time");
    Exchange& exchange = connection.exchange;
    connection.closing = !exchange.keep_alive || front_.draining.load();
    connection.answered_before = true;
    const AnswerForm form{
        .request_id = exchange.request_id,
        .head_only = exchange.method == "HEAD",
        .http_1_0 = exchange.http_1_0,
        .close = connection.closing,
        .date = date_.at(front_.seams.clock.now()),
    };
    if (!append_answer(connection.output, response, form)) {
        front_.seams.log.error("http.answer_unsendable", {{"path", exchange.path},
                                                          {"status", response.status},
                                                          {"request_id", exchange.request_id}});
        response = {.status = 500};
        append_answer(connection.output, response, form);
    }
    if (response.cut_after) cut_short(connection, response);
    const auto took = front_.seams.clock.monotonic() - exchange.started;
    exchange.metered.end(response.status, took, connection.listener.unrouted);
    end_request_span(exchange.span, response.status);
    write_access_log(connection, response.status, took);
}

void Dispatcher::cut_short(Connection& connection, const ServerResponse& response) {
    connection.closing = true;
    const std::size_t kept = *response.cut_after;
    if (kept == 0) {
        connection.output.clear();
        connection.resetting = true;
        return;
    }
    const bool has_body = connection.exchange.method != "HEAD";
    if (!has_body || kept >= response.body.size()) return;
    connection.output.resize(connection.output.size() - response.body.size() + kept);
}

void Dispatcher::refuse(Connection& connection, int status, std::string_view reason) {
    if (connection.exchange.request_id.empty() || connection.frame.begun()) {
        connection.exchange = {
            .request_id = make_id("req", front_.seams.clock.now(), front_.seams.entropy),
            .method = {},
            .path = {},
            .http_1_0 = false,
            .keep_alive = false,
            .started = front_.seams.clock.monotonic(),
        };
    }
    connection.exchange.keep_alive = false;
    answer(connection, refusal(connection, status, reason));
}

ServerResponse Dispatcher::refusal(const Connection& connection, int status,
                                   std::string_view reason) {
    count_refusal(connection, status, reason);
    const Listener& listener = connection.listener.settings;
    if (listener.refusal) return listener.refusal(status, reason);
    return {.status = status,
            .content_type = "text/plain; charset=utf-8",
            .body = std::string(reason) + "\n",
            .headers = {}};
}

void Dispatcher::count_refusal(const Connection& connection, int status, std::string_view reason) {
    front_.refusals.fetch_add(1, std::memory_order_relaxed);
    front_.refusal_log.note({.listener = connection.listener.settings.name,
                             .status = status,
                             .reason = reason,
                             .peer = connection.remote_address,
                             .request_id = connection.exchange.request_id});
}

void Dispatcher::write_access_log(const Connection& connection, int status,
                                  std::chrono::nanoseconds took) {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    const Exchange& exchange = connection.exchange;
    front_.seams.log.debug("http.request",
                           {{"listener", connection.listener.settings.name},
                            {"method", exchange.method},
                            {"path", exchange.path},
                            {"status", status},
                            {"peer", connection.remote_address},
                            {"request_id", exchange.request_id},
                            {"took_us", std::int64_t{duration_cast<microseconds>(took).count()}}});
}

}  // namespace tollgate::transport
