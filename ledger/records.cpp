#include "ledger/records.h"

#include "base/check.h"

namespace tollgate::ledger {

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::accepted: return "accepted";
        case Verdict::stale: return "stale";
        case Verdict::ignored: return "ignored";
        case Verdict::rejected: return "rejected";
    }
    TOLLGATE_CHECK(false);
    return {};
}

}  // namespace tollgate::ledger
