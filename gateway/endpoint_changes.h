#pragma once

#include <optional>
#include <string>
#include <vector>

#include "callbacks/target.h"
#include "gateway/api_request.h"
#include "gateway/endpoint_request.h"
#include "gateway/idempotency.h"

namespace tollgate::gateway {

// What the endpoint routes know of the settings.
struct EndpointApiSettings {
    std::vector<std::string> apps;       // All there are.
    callbacks::EndpointKeys configured;  // The keys of the settings' endpoints.
    EndpointDoors doors;
};

// The endpoint routes that write. Each answers with the endpoint as it is then, and leaves a line
// in the log: who changed what, in which request.
//
// An endpoint that also serves apps that are not the caller's is changed by nobody but a caller who
// has them all; one of the settings only in what the settings do not say.
class EndpointChanges {
public:
    using Request = transport::ServerRequest;
    using Ticket = transport::Ticket;

    static constexpr std::size_t kSecretsMax = 10;     // That sign at a time.
    static constexpr std::size_t kEndpointsMax = 500;  // In all.

    // Both must outlive it.
    EndpointChanges(const ApiSeams& seams, const EndpointApiSettings& settings)
        : seams_(seams), settings_(settings) {}

    void make(const Caller& caller, Request& request, Ticket ticket);
    void change(const Caller& caller, Request& request, Ticket ticket);
    void remove(const Caller& caller, Request& request, Ticket ticket);
    void rotate(const Caller& caller, Request& request, Ticket ticket);
    void enable(const Caller& caller, Request& request, Ticket ticket);
    void park(const Caller& caller, Request& request, Ticket ticket);
    void test(const Caller& caller, Request& request, Ticket ticket);

private:
    struct New;

    // Whether the settings' endpoints may be changed like that.
    enum class Reach { made_ones, all };

    // Runs `act`, a Result<ServerResponse>(Books&, Endpoint&), for the endpoint that the path
    // names, if the caller may change it and nothing is met under the key. What act answers is
    // kept under the key, but for a member "secret".
    template <typename Act>
    void change_endpoint(const Caller& caller, const Request& request, Ticket ticket, Reach reach,
                         const char* log_event, Act act,
                         std::optional<std::string> key = std::nullopt);
    Result<std::optional<ApiProblem>> refusal(const Caller& caller,
                                              const ledger::Endpoint& endpoint, Reach reach) const;
    Result<transport::ServerResponse> add_in_books(ledger::Books& books, const New& wanted) const;
    Result<transport::ServerResponse> rotate_in_books(ledger::Books& books, const Caller& caller,
                                                      ledger::Endpoint& endpoint,
                                                      std::chrono::seconds overlap,
                                                      Timestamp now) const;
    Result<transport::ServerResponse> answer(ledger::Books& books, int status, const Caller& caller,
                                             const ledger::Endpoint& endpoint, Timestamp now,
                                             std::string_view secret = {}) const;
    void log_change(const char* event, const Caller& caller, std::string_view endpoint_id,
                    std::string_view request_id) const;

    const ApiSeams& seams_;
    const EndpointApiSettings& settings_;
};

}  // namespace tollgate::gateway
