#include "ledger/state_table.h"

#include <cstddef>

#include "base/check.h"

namespace tollgate::ledger {
namespace {

using Kind = Decision::Kind;
using S = PaymentStatus;

constexpr std::array kToPending = {S::pending};
constexpr std::array kToUnknown = {S::unknown};
constexpr std::array kToClosing = {S::closing};
constexpr std::array kToPaid = {S::paid};
constexpr std::array kToFinished = {S::finished};
constexpr std::array kToRefunded = {S::refunded};
constexpr std::array kToClosed = {S::closed};
constexpr std::array kToFailed = {S::failed};
constexpr std::array kThroughPaidToFinished = {S::paid, S::finished};
constexpr std::array kThroughPaidToRefunded = {S::paid, S::refunded};

constexpr Decision to(std::span<const S> path) {
    return {.kind = Kind::move, .path = path, .late = false};
}
constexpr Decision late(std::span<const S> path) {
    return {.kind = Kind::move, .path = path, .late = true};
}

constexpr Decision kStay{.kind = Kind::stay, .path = {}, .late = false};
constexpr Decision kAsk{.kind = Kind::ask, .path = {}, .late = false};
constexpr Decision kClash{.kind = Kind::contradiction, .path = {}, .late = false};
constexpr Decision kRefuse{.kind = Kind::refuse, .path = {}, .late = false};

using Row = std::array<Decision, kPaymentStatuses.size()>;

// Columns in the order of kPaymentStatuses:
//   pending, unknown, closing | paid, finished, refunded | closed, failed
// The names' reasons stand beside the rows where they are not plain.
constexpr std::array<Row, kInputs.size()> kTable = {{
    // call_succeeded
    {kStay, to(kToPending), kStay, kStay, kStay, kStay, kStay, kClash},
    // call_ambiguous: `closing` stays, it asks anyway, and must not forget that it wants to close.
    {to(kToUnknown), kStay, kStay, kStay, kStay, kStay, kStay, kStay},
    // call_refused
    {to(kToFailed), to(kToFailed), to(kToClosed), kClash, kClash, kClash, kStay, kStay},
    // trade_waiting: after `closed` or `failed` it means that a buyer could still pay.
    {kStay, to(kToPending), kStay, kStay, kStay, kStay, kClash, kClash},
    // trade_paid
    {to(kToPaid), to(kToPaid), to(kToPaid), kStay, kStay, kStay, late(kToPaid), late(kToPaid)},
    // trade_finished: it says that the money came, so `paid` is written on the way.
    {to(kThroughPaidToFinished), to(kThroughPaidToFinished), to(kThroughPaidToFinished),
     to(kToFinished), kStay, kStay, late(kThroughPaidToFinished), late(kThroughPaidToFinished)},
    // trade_closed_unpaid
    {to(kToClosed), to(kToClosed), to(kToClosed), kClash, kClash, kClash, kStay, kStay},
    // trade_closed_hint: a notification alone does not prove that no money came.
    {kAsk, kAsk, kAsk, kAsk, kAsk, kStay, kStay, kStay},
    // trade_refunded
    {to(kThroughPaidToRefunded), to(kThroughPaidToRefunded), to(kThroughPaidToRefunded),
     to(kToRefunded), kClash, kStay, late(kThroughPaidToRefunded), late(kThroughPaidToRefunded)},
    // close_requested
    {to(kToClosing), to(kToClosing), kStay, kRefuse, kRefuse, kRefuse, kStay, kStay},
    // expired
    {to(kToClosed), to(kToClosed), to(kToClosed), kStay, kStay, kStay, kStay, kStay},
    // refunds_complete
    {kRefuse, kRefuse, kRefuse, to(kToRefunded), kClash, kStay, kRefuse, kRefuse},
    // window_over
    {kRefuse, kRefuse, kRefuse, to(kToFinished), kStay, kStay, kRefuse, kRefuse},
}};

template <typename Item, std::size_t kSize>
std::size_t index_of(const std::array<Item, kSize>& items, Item item) {
    for (std::size_t i = 0; i < kSize; ++i) {
        if (items[i] == item) return i;
    }
    TOLLGATE_CHECK(false);
    return 0;
}

std::string cell_text(const Decision& decision) {
    if (decision.kind != Kind::move) return std::string(name_of(decision.kind));
    std::string text;
    for (const S step : decision.path) {
        if (!text.empty()) text += " → ";
        text += name_of(step);
    }
    return decision.late ? text + " (late)" : text;
}

}  // namespace

std::string_view name_of(Input input) {
    switch (input) {
        case Input::call_succeeded: return "call_succeeded";
        case Input::call_ambiguous: return "call_ambiguous";
        case Input::call_refused: return "call_refused";
        case Input::trade_waiting: return "trade_waiting";
        case Input::trade_paid: return "trade_paid";
        case Input::trade_finished: return "trade_finished";
        case Input::trade_closed_unpaid: return "trade_closed_unpaid";
        case Input::trade_closed_hint: return "trade_closed_hint";
        case Input::trade_refunded: return "trade_refunded";
        case Input::close_requested: return "close_requested";
        case Input::expired: return "expired";
        case Input::refunds_complete: return "refunds_complete";
        case Input::window_over: return "window_over";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view name_of(Decision::Kind kind) {
    switch (kind) {
        case Kind::move: return "move";
        case Kind::stay: return "–";
        case Kind::ask: return "ask";
        case Kind::contradiction: return "difference";
        case Kind::refuse: return "refuse";
    }
    TOLLGATE_CHECK(false);
    return {};
}

Decision decide(PaymentStatus status, Input input) {
    return kTable[index_of(kInputs, input)][index_of(kPaymentStatuses, status)];
}

std::string state_table_markdown() {
    std::string text = "| input |";
    for (const S status : kPaymentStatuses) text += " " + std::string(name_of(status)) + " |";
    text += "\n|---|---|---|---|---|---|---|---|---|\n";
    for (const Input input : kInputs) {
        text += "| `" + std::string(name_of(input)) + "` |";
        for (const S status : kPaymentStatuses)
            text += " " + cell_text(decide(status, input)) + " |";
        text += '\n';
    }
    return text;
}

}  // namespace tollgate::ledger
