#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/gateway/gateway_world.h"

namespace tollgate::testing {

// A collector that takes OTLP/HTTP in JSON, and fails the test for anything that no collector would
// take.
class Collector {
public:
    explicit Collector(transport::ServerResponse answer = {.status = 200, .body = "{}"});

    std::string endpoint() const { return server_->url(); }
    // What to say from now on; a handler may also keep the ticket.
    void answer_with(transport::ServerResponse answer);
    using Script = std::function<void(transport::Ticket ticket)>;
    void script(Script script);

    // Every span so far.
    std::vector<nlohmann::json> spans() const;
    // The one of that name; waits for it, or fails the test.
    nlohmann::json wait_for(const std::string& name);
    std::size_t requests() const;
    // The members of the last request's resource, and a header of it.
    std::string resource(const std::string& name) const;
    std::string header(const std::string& name) const;

    // "none" where there is no such attribute; numbers as texts.
    static std::string attribute(const nlohmann::json& span, const std::string& name);

private:
    void take(const transport::ServerRequest& request);

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    Script script_;
    std::vector<nlohmann::json> spans_;
    nlohmann::json resource_;
    transport::HeaderList headers_;
    std::size_t requests_ = 0;
    std::unique_ptr<LocalServer> server_;
};

}  // namespace tollgate::testing
