#pragma once

#include <string>

#include "transport/router.h"

namespace tollgate::gateway::openapi {

// The API's description, put together from the files beside this one: about.json has what all
// share, every other one the paths and schemas of an area. A test compares it with the routes that
// there are, and another one replays its examples.
std::string document();

// GET /openapi.json
void add_routes(transport::Router& router);

}  // namespace tollgate::gateway::openapi
