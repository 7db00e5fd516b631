#pragma once

#include "gateway/api_request.h"
#include "gateway/create_payment.h"
#include "gateway/trade_errands.h"

namespace tollgate::gateway {

// POST /v1/payments with `replaces`: the payment that it names begins to close, durably, and is
// closed at Alipay first where it has a trade; then the new one is made, unless the old one has
// turned out to be paid. So an order has at most one payment that a buyer is sent to.
class Replacing {
public:
    // All must outlive the requests under way.
    Replacing(const ApiSeams& seams, const callbacks::Apps& apps, Random& random,
              CreatePayment& create, TradeErrands& errands)
        : seams_(seams), apps_(apps), random_(random), create_(create), errands_(errands) {}

    // Answers the ticket, now or later. On a worker; never waits.
    void run(CreatePayment::Asked asked, transport::Ticket ticket);

private:
    struct Work;  // One request under way.
    using Shared = std::shared_ptr<Work>;
    // Where the request stands once the old payment has been looked at.
    enum class Next { create, close_first, answered };

    Result<Next> begin(ledger::Books& books, Work& work) const;
    void close_first(const Shared& work);
    void create(const Shared& work);

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
    Random& random_;
    CreatePayment& create_;
    TradeErrands& errands_;
};

}  // namespace tollgate::gateway
