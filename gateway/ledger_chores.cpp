#include "gateway/ledger_chores.h"

namespace tollgate::gateway {

void sweep_expired_keys(ledger::Writer& writer, Timestamp now, int limit) {
    writer.submit(ledger::make_unit(
        [now, limit](ledger::Books& books) -> Result<Done> {
            TOLLGATE_DO(books.drop_expired_tokens(now, limit));
            return books.drop_expired_idempotency(now, limit);
        },
        [](const Result<Done>& /*tried_again_later*/) {}));
}

void try_writing(ledger::Writer& writer, Timestamp now) {
    writer.submit(ledger::make_unit([now](ledger::Books& books) { return books.beat(now); },
                                    [](const Result<Done>& /*the_writer_knows*/) {}));
}

}  // namespace tollgate::gateway
