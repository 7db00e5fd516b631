#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/operate/door.h"
#include "gateway/operate/inner_tickets.h"
#include "ledger/lookup.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// The order service's API under /console/api/v1/, with a session in the place of the key. Whatever
// changes something needs a reason, and is written down before it begins and after it has ended.
class Actions {
public:
    // `order_routes`: those of the order service's API. All must outlive every ticket under way.
    Actions(const ConsoleParts& parts, const transport::Router& order_routes)
        : parts_(parts), routes_(order_routes), tickets_(std::make_shared<InnerTickets>()) {}

    // A request whose path begins with kMount.
    void serve(const transport::ServerRequest& request, transport::Ticket ticket);
    static constexpr std::string_view kMount = "/console/api/v1/";

private:
    struct Work;  // One action under way.
    using Shared = std::shared_ptr<Work>;

    void dispatch(transport::ServerRequest request, transport::Ticket ticket);
    void act(const Shared& work);
    std::optional<std::string> look(const transport::ServerRequest& action,
                                    const std::string& object);
    void finish(const Shared& work, transport::ServerResponse response);

    const ConsoleParts parts_;
    const transport::Router& routes_;
    const std::shared_ptr<InnerTickets> tickets_;
};

// What an action is about, by its method and its path behind "/v1/".
struct ActionName {
    std::string action;  // "payments.close"
    std::string target;  // "payments/pay_…"
    std::string object;  // The path that shows the target, "/v1/payments/pay_…"; empty: none does.
};
ActionName name_action(std::string_view method, std::string_view path);

}  // namespace tollgate::gateway::operate
