#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/callers.h"
#include "gateway/create_payment.h"
#include "gateway/replacing.h"
#include "gateway/trade_errands.h"
#include "ledger/store.h"
#include "transport/router.h"

namespace tollgate::gateway {

// The payment routes of the api listener: who may, what is asked, how it is answered.
class PaymentApi {
public:
    // All must outlive the routes.
    PaymentApi(const Callers& callers, CreatePayment& create, Replacing& replacing,
               TradeErrands& errands, ledger::Store& store, Clock& clock, Log& log)
        : callers_(callers),
          create_(create),
          replacing_(replacing),
          errands_(errands),
          store_(store),
          clock_(clock),
          log_(log) {}

    void add_routes(transport::Router& router);

private:
    using Request = transport::ServerRequest;
    using Ticket = transport::Ticket;

    void create(Request& request, Ticket ticket);
    void get_one(Request& request, Ticket ticket);
    void list(Request& request, Ticket ticket);
    void history(Request& request, Ticket ticket);

    // The payment that the path names, if the caller may see it; else the ticket is answered.
    std::optional<ledger::Payment> find(const Caller& caller, ledger::Reading& reading,
                                        Request& request, Ticket& ticket);
    // Asks Alipay first, when there is anything to ask, and answers after.
    void refresh(const Request& request, const ledger::Payment& payment,
                 const std::optional<std::string>& action, Ticket ticket);
    void fail(const Request& request, const Error& error, Ticket& ticket);

    const Callers& callers_;
    CreatePayment& create_;
    Replacing& replacing_;
    TradeErrands& errands_;
    ledger::Store& store_;
    Clock& clock_;
    Log& log_;
};

}  // namespace tollgate::gateway
