#include "gateway/cli/command_ledger.h"

#include <chrono>
#include <optional>

#include "gateway/open_ledger.h"

namespace tollgate::gateway::cli {
namespace {

constexpr std::chrono::milliseconds kBeat{200};

}  // namespace

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
    // Shared, and `work` a copy: the writer may keep the unit for longer than this call lasts.
    const auto outcome = std::make_shared<std::optional<Result<Done>>>();
    writer_->submit(ledger::make_unit([work](ledger::Books& books) { return work(books); },
                                      [outcome](Result<Done> end) { *outcome = std::move(end); }));
    while (true) {
        TOLLGATE_DO(writer_->run_once());
        if (*outcome) return **outcome;
        writer_->wait(kBeat);  // Whether it was committed is asked again, until the engine says so.
    }
}

}  // namespace tollgate::gateway::cli
