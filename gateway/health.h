#pragma once

#include <atomic>

#include "gateway/ledger_guard.h"
#include "ledger/writer.h"
#include "transport/router.h"

namespace tollgate::gateway {

// /healthz: the process runs. /readyz: it can do its work; 503 and the reasons when it cannot.
class Health {
public:
    Health(const ledger::Writer& writer, const LedgerGuard& guard)
        : writer_(writer), guard_(guard) {}

    void add_routes(transport::Router& router);

    // From SIGTERM on nothing new should be sent here.
    void set_stopping() { stopping_ = true; }

private:
    const ledger::Writer& writer_;
    const LedgerGuard& guard_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace tollgate::gateway
