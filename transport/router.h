#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "transport/http_message.h"
#include "transport/route_meter.h"
#include "transport/ticket.h"

namespace tollgate::transport {

// Runs on a worker and must not wait: no outgoing call, no sync to disk, no lock held over I/O.
// The request lives until the handler returns; what is needed later must be moved or copied out.
using Handler = std::function<void(ServerRequest& request, Ticket ticket)>;

// Which handler answers which method and path. Patterns are exact ("/v1/payments") or hold whole
// {segments} ("/v1/payments/{id}/close"), which match one segment that is not empty and is text
// (UTF-8 once it is decoded); exact patterns win, then the pattern that was added first. Fill it
// before the front starts; after that it is only read, from any thread.
class Router {
public:
    void add(std::string method, std::string_view pattern, Handler handler);

    // Answers whatever no route does: any method, any path. For who passes requests on unread.
    void add_fallback(Handler handler);

    enum class Outcome { found, no_such_path, no_such_method };
    struct Match {
        Outcome outcome = Outcome::no_such_path;
        const Handler* handler = nullptr;
        std::vector<std::string> captures;
        std::string allowed_methods;  // For Allow, with no_such_method: "GET, POST".
        RouteMeter* meter = nullptr;  // Beside the handler.
    };
    // HEAD finds GET's handler when it has none of its own. Captures are taken from the raw path
    // and decoded one by one, so an encoded slash stays inside its segment.
    Match match(std::string_view method, std::string_view raw_path) const;

    // Every route's, in the order in which they were added; the fallback is none. They live as long
    // as the router and its copies.
    const std::vector<std::shared_ptr<RouteMeter>>& meters() const { return meters_; }

private:
    struct Answering {
        Handler handler;
        RouteMeter* meter = nullptr;
    };
    using Methods = std::unordered_map<std::string, Answering>;
    struct Route {
        std::vector<std::string> segments;  // "" stands for a {capture}.
        Methods handlers;
    };

    static const Answering* answering(const Methods& handlers, std::string_view method);
    static std::string names_of(const Methods& handlers);

    std::unordered_map<std::string, Route> exact_;
    std::vector<Route> patterns_;
    Handler fallback_;  // Empty: there is none.
    std::vector<std::shared_ptr<RouteMeter>> meters_;
};

}  // namespace tollgate::transport
