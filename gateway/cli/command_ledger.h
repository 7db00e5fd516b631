#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "config/settings.h"
#include "ledger/store.h"
#include "ledger/writer.h"

namespace tollgate::gateway::cli {

// The ledger as a command sees it, whether or not a gateway is running.
class CommandLedger {
public:
    // Errors: those of the engine.
    static Result<std::unique_ptr<CommandLedger>> open(const config::StoreSettings& settings,
                                                       Log& log);

    ledger::Store& store() { return *store_; }
    // Returns when it is certain what became of the work, however often the engine must be asked.
    // Errors: the work's own; data_corruption when the engine could not be asked for too long, and
    // from then on always: only the next command finds out.
    Result<Done> transact(const std::function<Result<Done>(ledger::Books&)>& work);

private:
    std::unique_ptr<ledger::Store> store_;
    std::unique_ptr<ledger::Writer> writer_;
};

}  // namespace tollgate::gateway::cli
