#pragma once

#include "callbacks/app.h"
#include "gateway/operate/door.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// GET /console/api/payments: by any number at once, or by filters page by page; and
// GET /console/api/audit.
class Search {
public:
    Search(const ConsoleParts& parts, const callbacks::Apps& apps) : parts_(parts), apps_(apps) {}

    void add_routes(transport::Router& router);

private:
    void payments(const transport::ServerRequest& request, transport::Ticket ticket);
    void audit(const transport::ServerRequest& request, transport::Ticket ticket);

    const ConsoleParts parts_;
    const callbacks::Apps& apps_;
};

// Those of these apps that a number names, whichever of its numbers it is: the payment's id,
// out_trade_no, trade_no, order, the out_request_no of a refund, or an event's id. The newest
// first.
Result<std::vector<ledger::Payment>> payments_by_number(ledger::Reading& reading,
                                                        const std::vector<std::string>& apps,
                                                        const std::string& number);

// As the audit shows it; `whole`: with the object before and the answer after.
std::string action_json(const ledger::ActionRecord& action, bool whole);

}  // namespace tollgate::gateway::operate
