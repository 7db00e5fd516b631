#include "gateway/health.h"

#include "base/time_text.h"
#include "gateway/answers.h"

namespace tollgate::gateway {

void Health::add_routes(transport::Router& router) {
    router.add("GET", "/healthz", [](transport::ServerRequest&, transport::Ticket ticket) {
        ticket.complete(json_response(200, R"({"status":"ok"})"));
    });
    router.add("GET", "/readyz", [this](transport::ServerRequest&, transport::Ticket ticket) {
        const auto health = writer_.health();
        const char* ledger = health.in_doubt        ? "commit_in_doubt"
                             : health.write_failing ? "cannot_write"
                                                    : "ok";
        const bool ready = !health.in_doubt && !health.write_failing && !stopping_;
        const auto guarded_since = guard_.since();
        const std::string guarded =
            guarded_since ? R"(,"guarded_since":")" + to_rfc3339(*guarded_since) + '"' : "";
        ticket.complete(json_response(
            ready ? 200 : 503, std::string(R"({"status":")") + (ready ? "ready" : "not_ready") +
                                   R"(","ledger":")" + ledger + R"(","stopping":)" +
                                   (stopping_ ? "true" : "false") + R"(,"units_waiting":)" +
                                   std::to_string(health.waiting) + guarded + "}"));
    });
}

}  // namespace tollgate::gateway
