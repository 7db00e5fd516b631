#include "ledger/reconciliation.h"

#include "base/check.h"

namespace tollgate::ledger {

std::string_view name_of(ReconciliationStatus status) {
    switch (status) {
        case ReconciliationStatus::running: return "running";
        case ReconciliationStatus::complete: return "complete";
        case ReconciliationStatus::failed: return "failed";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view name_of(DayBoundary::Status status) {
    switch (status) {
        case DayBoundary::Status::kept: return "kept";
        case DayBoundary::Status::settled: return "settled";
        case DayBoundary::Status::opened: return "opened";
    }
    TOLLGATE_CHECK(false);
    return {};
}

}  // namespace tollgate::ledger
