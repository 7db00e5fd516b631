#include "ledger/sqlite_transitions.h"

#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {

Result<Done> write_transition(Statement& insert, const TransitionStep& step) {
    insert.bind(1, step.of).bind(2, step.version);
    if (step.from) insert.bind(3, *step.from);
    insert.bind(4, step.to).bind(5, name_of(step.origin.cause));
    insert.bind(6, step.origin.cause_id).bind(7, step.origin.request_id).bind(8, step.at.ms);
    return insert.run();
}

Result<std::vector<TransitionRecord>> read_transitions(Statement& select, RowId of) {
    select.bind(1, of);
    return read_all(select, read_transition<Statement>);
}

}  // namespace tollgate::ledger
