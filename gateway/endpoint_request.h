#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/delivery_rules.h"
#include "config/json_reader.h"
#include "gateway/callers.h"
#include "ledger/endpoint.h"
#include "transport/address_guard.h"

namespace tollgate::gateway {

// Where endpoints made through the API may lead.
struct EndpointDoors {
    transport::AddressGuard https;  // Public addresses and the listed networks.
    transport::AddressGuard http;   // The listed networks alone.

    // Errors: invalid_argument "bad_network".
    static Result<EndpointDoors> make(const std::vector<std::string>& allowed_networks);
};

// What is wrong with an address for events; empty: nothing. A name is judged when it is connected
// to, so it needs https: nobody else could tell that the connection leaves the listed networks.
std::string wrong_endpoint_url(const EndpointDoors& doors, const std::string& url);

// What a body says about an endpoint, read and checked; absent members stay as they are.
struct EndpointWishes {
    std::optional<std::string> id;         // Only of a new one.
    std::optional<std::string> signature;  // Only of a new one: "v1" or "v1a".
    std::optional<std::string> url;
    std::optional<std::string> description;
    std::optional<std::vector<std::string>> apps;
    std::optional<std::vector<std::string>> event_types;
    std::string rules = "{}";  // Those given, as JSON.
    bool empty = true;
    std::string fingerprint;  // The whole body, in one form.
};

enum class EndpointBody { make, change };

EndpointWishes read_endpoint_body(EndpointBody kind, std::string_view body, const Caller& caller,
                                  const EndpointDoors& doors,
                                  std::vector<config::Problem>& problems);

// The plan as it will be. Errors: data_corruption when the old rules cannot be read.
Result<ledger::EndpointPlan> changed_plan(const ledger::EndpointPlan& plan,
                                          const EndpointWishes& wishes);

}  // namespace tollgate::gateway
