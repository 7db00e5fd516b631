#include "callbacks/preauth_move.h"

#include <optional>
#include <utility>

#include "callbacks/event.h"

namespace tollgate::callbacks {

Result<Done> move_preauth(ledger::Books& books, ledger::Preauthorisation& preauth,
                          ledger::Preauthorisation next, const ledger::Origin& origin,
                          Timestamp now, Entropy& entropy) {
    const bool is_news = next.status != preauth.status;
    const auto type = event_type_of(next.status);
    const bool is_over = type && next.status != ledger::PreauthStatus::frozen;
    if (is_over) next.next_sweep_at = std::nullopt;
    if (is_news) next.attempts = 0;
    TOLLGATE_DO(books.preauths().change(preauth, std::move(next), origin, now));
    if (!is_news || !type) return Done{};
    std::optional<ledger::Payment> payment;
    if (preauth.payment) {
        TOLLGATE_TRY(payment, books.read().payment_by_row(*preauth.payment));
    }
    return books.add_event(
        preauth_event(*type, preauth, payment ? &*payment : nullptr, now, entropy));
}

}  // namespace tollgate::callbacks
