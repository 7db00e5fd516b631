#pragma once

#include <vector>

#include "sandbox/form.h"
#include "transport/http_client.h"

namespace tollgate::sandbox {

// Takes notifications; answers them at once with `success`.
class TakingClient final : public transport::HttpClient {
public:
    void start(transport::ClientRequest request, Completion done) override {
        bodies.push_back(*parse_form(request.body));
        done(transport::ClientReply{.status = 200, .body = "success"});
    }
    std::vector<Fields> bodies;
};

}  // namespace tollgate::sandbox
