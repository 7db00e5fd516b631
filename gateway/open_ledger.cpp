#include "gateway/open_ledger.h"

#include "ledger/postgres_store.h"
#include "ledger/sqlite_store.h"

namespace tollgate::gateway {
namespace {

Result<std::unique_ptr<ledger::Store>> open_postgres(const config::PostgresSettings& settings,
                                                     Clock& clock, bool migrates) {
    ledger::PostgresOptions options;
    options.address = address_of(settings);
    options.migrates = migrates;
    return ledger::open_postgres_store(std::move(options), clock);
}

}  // namespace

ledger::PostgresAddress address_of(const config::PostgresSettings& settings) {
    ledger::PostgresAddress address;
    address.conninfo = settings.conninfo;
    address.password = settings.password.clone();
    address.statement_timeout = settings.statement_timeout;
    return address;
}

Result<Done> check_ledger(const config::StoreSettings& settings, Clock& clock) {
    constexpr bool kMigrates = false;
    if (settings.postgres) {
        TOLLGATE_DO(open_postgres(*settings.postgres, clock, kMigrates));
    } else {
        TOLLGATE_DO(ledger::open_sqlite_store(
            {.file = settings.sqlite_file, .beside_gateway = true}, clock));
    }
    return Done{};
}

Result<std::unique_ptr<ledger::Store>> open_ledger(const config::StoreSettings& settings,
                                                   Clock& clock, const char* sqlite_vfs) {
    if (settings.postgres) return open_postgres(*settings.postgres, clock, true);
    return ledger::open_sqlite_store(
        {.file = settings.sqlite_file, .wal_bytes_max = settings.wal_bytes_max, .vfs = sqlite_vfs},
        clock);
}

Result<std::unique_ptr<ledger::Store>> open_ledger_beside_gateway(
    const config::StoreSettings& settings, Clock& clock) {
    // Any number of processes are beside each other there.
    if (settings.postgres) return open_postgres(*settings.postgres, clock, true);
    const ledger::SqliteOptions beside{.file = settings.sqlite_file, .beside_gateway = true};
    auto store = ledger::open_sqlite_store(beside, clock);
    if (store || store.error().reason() != ledger::kSchemaOlder) return store;
    // Nobody is running it, or a gateway of that older version is, and holds it.
    TOLLGATE_DO(ledger::open_sqlite_store({.file = settings.sqlite_file}, clock));
    return ledger::open_sqlite_store(beside, clock);
}

}  // namespace tollgate::gateway
