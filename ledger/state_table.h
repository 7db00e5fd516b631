#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "ledger/payment_status.h"

namespace tollgate::ledger {

// What can happen to a payment. Only signed words of Alipay, our own calls and the clock count.
enum class Input {
    call_succeeded,       // A signed answer: the create call did what we asked.
    call_ambiguous,       // A call left us and no whole, verified answer came back.
    call_refused,         // A signed refusal for good, and a query shows nothing that can be paid.
    trade_waiting,        // WAIT_BUYER_PAY.
    trade_paid,           // TRADE_SUCCESS.
    trade_finished,       // TRADE_FINISHED.
    trade_closed_unpaid,  // A query's TRADE_CLOSED without any sign of money.
    trade_closed_hint,    // A notification's TRADE_CLOSED without any sign of money.
    trade_refunded,       // TRADE_CLOSED with a sign of money: paid, then refunded in full.
    close_requested,      // By the caller, an operator, or a payment that replaces this one.
    expired,              // No trade ever existed, and expires_at + grace is over.
    refunds_complete,     // Our succeeded refunds add up to the amount.
    window_over,          // Too late to refund.
};

inline constexpr std::array kInputs = {
    Input::call_succeeded,      Input::call_ambiguous,    Input::call_refused,
    Input::trade_waiting,       Input::trade_paid,        Input::trade_finished,
    Input::trade_closed_unpaid, Input::trade_closed_hint, Input::trade_refunded,
    Input::close_requested,     Input::expired,           Input::refunds_complete,
    Input::window_over,
};

std::string_view name_of(Input input);

// What the table says of one (status, input).
struct Decision {
    enum class Kind {
        move,           // Along `path`, each step a transition of its own.
        stay,           // No news.
        ask,            // No proof, but a reason to query at once.
        contradiction,  // Alipay's word and ours cannot both be true: open a difference.
        refuse,         // Not allowed in this status; whoever wanted it hears so.
    };
    Kind kind = Kind::stay;
    std::span<const PaymentStatus> path;  // Lives for ever.
    // The money came after we had said that none would.
    bool late = false;
};

std::string_view name_of(Decision::Kind kind);

// The one table. Total: every status and every input has an entry. Pure.
Decision decide(PaymentStatus status, Input input);

// The table as Markdown, for docs/state-machine.md.
std::string state_table_markdown();

}  // namespace tollgate::ledger
