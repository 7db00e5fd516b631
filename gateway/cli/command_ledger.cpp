#include "gateway/cli/command_ledger.h"

#include "gateway/open_ledger.h"

namespace tollgate::gateway::cli {

Result<std::unique_ptr<CommandLedger>> CommandLedger::open(const config::StoreSettings& settings,
                                                           Log& log) {
    TOLLGATE_TRY(auto opened, open_ledger_beside_gateway(settings, system_clock()));
    TOLLGATE_TRY(auto connection, opened->write_connection());
    auto whole = std::make_unique<CommandLedger>();
    whole->store_ = std::move(opened);
    whole->writer_ =
        std::make_unique<ledger::Writer>(std::move(connection), ledger::Writer::Options{}, log);
    return whole;
}

Result<Done> CommandLedger::transact(const std::function<Result<Done>(ledger::Books&)>& work) {
    Result<Done> outcome = Error(ErrorCode::internal, "a unit has not ended");
    writer_->submit(ledger::make_unit([&](ledger::Books& books) { return work(books); },
                                      [&](Result<Done> end) { outcome = std::move(end); }));
    TOLLGATE_DO(writer_->run_once());
    return outcome;
}

}  // namespace tollgate::gateway::cli
