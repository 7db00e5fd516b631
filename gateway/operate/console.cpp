#include "gateway/operate/console.h"

#include "gateway/operate/actions.h"
#include "gateway/operate/overview.h"
#include "gateway/operate/pages.h"
#include "gateway/operate/sandbox_pass.h"
#include "gateway/operate/search.h"
#include "gateway/operate/session_api.h"
#include "gateway/operate/timeline.h"
#include "gateway/refusals.h"

namespace tollgate::gateway::operate {
namespace {

using transport::ServerRequest;
using transport::Ticket;

constexpr std::string_view kRoot = "/console/";

OverviewFacts facts_of(const config::Settings& settings, const config::ConsoleSettings& console) {
    return {.engine = settings.store.postgres ? "postgres" : "sqlite",
            .sandbox_url = console.sandbox_url};
}

class WholeConsole final : public Console {
public:
    WholeConsole(const config::Settings& settings, const ApiSeams& seams,
                 const callbacks::Apps& apps, transport::HttpClient& http, People people)
        : configured_(settings.console.has_value()),
          settings_(settings.console.value_or(config::ConsoleSettings{})),
          seams_(seams),
          sessions_(settings_.session, seams_.clock, seams_.entropy),
          desk_(seams_.log),
          parts_{seams_, sessions_, desk_},
          session_api_(parts_, std::move(people),
                       !settings.operator_door.tls.certificate_file.empty()),
          actions_(parts_, order_routes_),
          overview_(parts_, apps, facts_of(settings, settings_)),
          search_(parts_, apps),
          timeline_(parts_),
          sandbox_(parts_, http, settings_.sandbox_url) {}

    transport::Router& order_routes() override { return order_routes_; }

    void add_routes(transport::Router& router) override {
        if (configured_) {
            session_api_.add_routes(router);
            overview_.add_routes(router);
            search_.add_routes(router);
            timeline_.add_routes(router);
            if (!settings_.sandbox_url.empty()) sandbox_.add_routes(router);
        }
        router.add_fallback(
            [this](ServerRequest& request, Ticket ticket) { serve(request, std::move(ticket)); });
    }

    void run() override { desk_.run(); }
    void stop() override { desk_.stop(); }

private:
    // Whatever has no route of its own.
    void serve(const ServerRequest& request, Ticket ticket) {
        const std::string_view target = request.target;
        if (configured_ && target.starts_with(Actions::kMount)) {
            return actions_.serve(request, std::move(ticket));
        }
        if (target == kRoot.substr(0, kRoot.size() - 1)) {
            return ticket.complete({.status = 308, .headers = {{"Location", std::string(kRoot)}}});
        }
        if (!target.starts_with(kRoot) || target.starts_with("/console/api/")) {
            return ticket.complete(api_refusal(404, "there is nothing at this path"));
        }
        ticket.complete(page_response(page_files(), configured_, request));
    }

    const bool configured_;
    const config::ConsoleSettings settings_;
    const ApiSeams seams_;
    transport::Router order_routes_;
    Sessions sessions_;
    Desk desk_;
    const ConsoleParts parts_;
    SessionApi session_api_;
    Actions actions_;
    Overview overview_;
    Search search_;
    Timeline timeline_;
    SandboxPass sandbox_;
};

}  // namespace

std::unique_ptr<Console> Console::make(const config::Settings& settings, const ApiSeams& seams,
                                       const callbacks::Apps& apps, transport::HttpClient& http,
                                       std::vector<config::Problem>& problems) {
    People people = settings.console ? People::of(*settings.console, problems) : People{};
    return std::make_unique<WholeConsole>(settings, seams, apps, http, std::move(people));
}

}  // namespace tollgate::gateway::operate
