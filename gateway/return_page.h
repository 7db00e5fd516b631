#pragma once

#include "base/line_limit.h"
#include "base/log.h"
#include "callbacks/app.h"
#include "ledger/store.h"
#include "transport/router.h"

namespace tollgate::gateway {

// GET /alipay/{app}/return: where Alipay sends the buyer's browser after paying (protocol notes
// 4.9). Verifies the address and sends the buyer on to the shop's return_url; with none, or with an
// address that does not verify, it shows a plain page. Never marks anything paid: it is display
// only, and the buyer could have written it himself.
class ReturnPage {
public:
    ReturnPage(const callbacks::Apps& apps, ledger::Store& store, Log& log, Clock& clock)
        : apps_(apps), store_(store), log_(log), unverified_lines_(clock) {}

    // A transport::Handler; the route's only capture is the app.
    void get(transport::ServerRequest& request, transport::Ticket ticket);

private:
    const callbacks::Apps& apps_;
    ledger::Store& store_;
    Log& log_;
    LineLimit unverified_lines_;
};

}  // namespace tollgate::gateway
