#pragma once

#include <chrono>
#include <string_view>

#include "transport/front_state.h"
#include "transport/library_parser.h"
#include "transport/serialiser.h"

namespace tollgate::transport {

// From a whole request to the answer's bytes in the connection's output: request id, parser,
// router, handler, serialiser, log. No socket code. One a thread; works on connections that the
// thread owns.
class Dispatcher {
public:
    explicit Dispatcher(FrontState& front) : front_(front) {}

    // Serves the request that the frame has ready. True: the answer stands in output. False: the
    // handler answers later, and the connection is no longer the caller's.
    bool serve(Slot& slot);

    // The answer to the request that was served last.
    void answer(Connection& connection, ServerResponse response);

    // Answers what was no request; the connection ends after that.
    void refuse(Connection& connection, int status, std::string_view reason);

private:
    void begin_exchange(Connection& connection, const RequestHead& head);
    static void cut_short(Connection& connection, const ServerResponse& response);
    bool call_handler(Slot& slot, const Handler& handler, ServerRequest& request);
    void call_guarded(Slot& slot, const Handler& handler, ServerRequest& request, Ticket ticket);
    void handler_failed(Slot& slot, std::string_view what);
    ServerResponse refusal(const Connection& connection, int status, std::string_view reason);
    void count_refusal(const Connection& connection, int status, std::string_view reason);
    void write_access_log(const Connection& connection, int status, std::chrono::nanoseconds took);

    FrontState& front_;
    LibraryParser parser_;
    HttpDate date_;
};

}  // namespace tollgate::transport
