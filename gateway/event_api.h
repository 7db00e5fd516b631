#pragma once

#include <functional>

#include "gateway/api_request.h"
#include "gateway/long_polls.h"
#include "transport/router.h"

namespace tollgate::gateway {

// The routes over what has happened: events as a cursor that can be polled and waited at, each
// event with its deliveries and attempts, and redelivery of one event or of a range.
class EventApi {
public:
    // A long poll waits at most this long.
    static constexpr std::chrono::seconds kWaitMax{20};

    // `wake`: see LongPolls.
    EventApi(ApiSeams seams, std::function<void()> wake)
        : seams_(std::move(seams)),
          long_polls_(seams_.store, seams_.clock, seams_.log, std::move(wake)) {}

    void add_routes(transport::Router& router);

    // Events have got their publication numbers. From any thread; never waits.
    void published() { long_polls_.published(); }
    // Answers long polls; see LongPolls::run_once(). One thread.
    void run_once() { long_polls_.run_once(); }
    // Ends the long polls, so that nobody waits for them.
    void stop() { long_polls_.stop(); }

private:
    using Request = transport::ServerRequest;
    using Ticket = transport::Ticket;

    void list(Request& request, Ticket ticket);
    void get_one(Request& request, Ticket ticket);
    void attempts(Request& request, Ticket ticket);
    void redeliver(Request& request, Ticket ticket);
    void redeliver_range(Request& request, Ticket ticket);

    const ApiSeams seams_;
    LongPolls long_polls_;
};

}  // namespace tollgate::gateway
