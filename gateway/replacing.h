#pragma once

#include "gateway/api_request.h"
#include "gateway/create_payment.h"
#include "gateway/trade_errands.h"

namespace tollgate::gateway {

// POST /v1/payments with `replaces`: once nothing is known any more that would refuse the new
// payment, the one that it names begins to close, durably, and is closed at Alipay first where it
// has a trade; then the new one is made, unless the old one has turned out to be paid. So an order
// has at most one payment that a buyer is sent to, and is not left without one by a request that
// could not be fulfilled. It takes the right to close, and an order that both are of.
class Replacing {
public:
    // All must outlive the requests under way.
    Replacing(const ApiSeams& seams, Random& random, CreatePayment& create, TradeErrands& errands)
        : seams_(seams), random_(random), create_(create), errands_(errands) {}

    // Answers the ticket, now or later. On a worker; never waits.
    void run(CreatePayment::Asked asked, transport::Ticket ticket);

private:
    using Shared = std::shared_ptr<CreateWork>;
    // Where the request stands once the old payment has been looked at.
    struct Step {
        enum class Next { create, close_first, answer };
        Next next = Next::answer;
        transport::ServerResponse response;  // Of `answer`.
    };

    Result<Step> begin(ledger::Books& books, const CreateWork& work) const;
    void begun(const Shared& work, Result<Step> step);
    void close_first(const Shared& work);
    void create(const Shared& work);

    const ApiSeams seams_;
    Random& random_;
    CreatePayment& create_;
    TradeErrands& errands_;
};

}  // namespace tollgate::gateway
