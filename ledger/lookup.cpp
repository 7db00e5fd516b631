#include "ledger/lookup.h"

#include "base/id.h"

namespace tollgate::ledger {

std::string id_bound(std::string_view prefix, const std::optional<Timestamp>& at,
                     std::string_view otherwise) {
    return at ? id_begin(prefix, *at) : std::string(otherwise);
}

}  // namespace tollgate::ledger
