#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "ledger/postgres_connection.h"
#include "ledger/store.h"

namespace tollgate::gateway {

// The ledger that the settings name, for a gateway. Errors: those of the engine.
Result<std::unique_ptr<ledger::Store>> open_ledger(const config::StoreSettings& settings,
                                                   Clock& clock, const char* sqlite_vfs);

// The same for a command, whether or not a gateway is running over it.
Result<std::unique_ptr<ledger::Store>> open_ledger_beside_gateway(
    const config::StoreSettings& settings, Clock& clock);

// Whether it is there and has this program's schema; changes nothing. Errors: those of the engine.
Result<Done> check_ledger(const config::StoreSettings& settings, Clock& clock);

ledger::PostgresAddress address_of(const config::PostgresSettings& settings);

}  // namespace tollgate::gateway
