#include "ledger/rows.h"

namespace tollgate::ledger {

std::string join_lines(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : "\n") + name;
    return text;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        names.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return names;
}

Payment changed(const Payment& payment, const PaymentChange& change, Timestamp now) {
    Payment next = payment;
    next.status = change.to;
    next.version = payment.version + 1;
    next.updated_at = now;
    if (change.trade_no) next.trade_no = change.trade_no;
    if (change.paid_at) next.paid_at = change.paid_at;
    if (change.failure) next.failure = change.failure;
    next.held = (payment.held && !change.release) || change.held;
    next.cancelling = change.cancelling.value_or(payment.cancelling);
    next.next_sweep_at = is_final(change.to) || next.held ? std::nullopt : change.next_sweep_at;
    // A call under way ends with the status it was made in.
    if (change.to != payment.status) next.calling_until = std::nullopt;
    next.late = payment.late || change.late;
    next.surplus = payment.surplus || change.surplus;
    next.close_requested = payment.close_requested || change.close_requested;
    return next;
}

}  // namespace tollgate::ledger
