#include <map>
#include <set>
#include <string>

#include "tests/simulation/oracle.h"

// What must hold once the faults have stopped and everybody has had time.
namespace tollgate::simulation {

void Oracle::check_at_rest() {
    check_money(true);
    check_foreign_money();
    check_deliveries();
    check_ends();
    check_money_back();
    check_late_and_surplus();
    check_differences();
    check_preauths_at_rest();
}

void Oracle::check_foreign_money() {
    std::map<std::string, int> differences;
    each("SELECT trade_no FROM difference",
         [&](const Statement& row) { ++differences[row.text(0)]; });
    for (const auto& [number, trade] : seams_.alipay.trades()) {
        if (!trade.paid || !trade.foreign) continue;
        if (differences[trade.trade_no] != 1) {
            violation("money that is not ours opened no difference: " + number);
        }
    }
}

void Oracle::check_deliveries() {
    each("SELECT event_id FROM event WHERE only_endpoint IS NULL", [&](const Statement& row) {
        if (seams_.orders.events().contains(row.text(0))) return;
        violation("the order system has never heard of " + row.text(0));
    });
    none("a delivery is not delivered",
         "SELECT id || ' is ' || status FROM delivery WHERE status != 'delivered'");
    // Their rows are numbered without a gap: so many have gone, and only what was heard may.
    each("SELECT coalesce(max(id), 0) - count(*) FROM event", [&](const Statement& row) {
        if (row.integer(0) == static_cast<std::int64_t>(removed_.size())) return;
        violation("events were removed that nobody has heard of: " + row.text(0) + ", heard " +
                  std::to_string(removed_.size()));
    });
    none("an event was never published",
         "SELECT event_id FROM event WHERE id > (SELECT last FROM publication)");
}

// Only a person's silence may keep a payment where it is.
void Oracle::check_ends() {
    none("it has not ended",
         "SELECT out_trade_no || ' is ' || status FROM payment WHERE status IN ('pending',"
         " 'closing', 'unknown') AND NOT (held = 1 AND EXISTS (SELECT 1 FROM difference WHERE"
         " difference.payment = payment.id AND difference.status = 'open'))");
    none("a payment is held, and nobody can let it go",
         "SELECT out_trade_no FROM payment WHERE held = 1 AND NOT EXISTS (SELECT 1 FROM"
         " difference WHERE difference.payment = payment.id AND difference.status = 'open')");
    none("a refund has not ended",
         "SELECT out_request_no || ' is ' || status FROM refund WHERE status NOT IN"
         " ('succeeded', 'failed')");
}

// Every fen that went back at Alipay is one refund of the ledger's, and none was made twice under
// two numbers.
void Oracle::check_money_back() {
    std::set<std::pair<std::string, std::string>> known;
    each(
        "SELECT out_trade_no, out_request_no FROM refund JOIN payment ON payment.id ="
        " refund.payment WHERE refund.status = 'succeeded'",
        [&](const Statement& row) { known.emplace(row.text(0), row.text(1)); });
    for (const auto& [number, trade] : seams_.alipay.trades()) {
        if (trade.foreign) continue;
        for (const auto& [request_no, refund] : trade.refunds) {
            if (!known.contains({number, request_no})) {
                violation("Alipay sent it back, and the ledger does not say so: " + request_no);
            }
            const bool ours =
                seams_.orders.has_asked_for(request_no) || request_no.starts_with("refund_pay_");
            if (refund.origin == sandbox::RefundOrigin::call && !ours) {
                violation("a refund that nobody asked for: " + request_no);
            }
        }
    }
}

void Oracle::check_late_and_surplus() {
    none("an order is paid twice, and neither payment is surplus",
         "SELECT order_no FROM payment WHERE status IN ('paid', 'finished') AND"
         " order_no IS NOT NULL GROUP BY order_no"
         " HAVING sum(surplus) < count(*) - 1");
    const std::string settled =
        " AND id NOT IN (SELECT payment FROM difference WHERE payment IS NOT NULL AND status ="
        " 'settled')";
    const std::string odd =
        "SELECT out_trade_no FROM payment WHERE (late = 1 OR surplus = 1) AND status IN ('paid',"
        " 'finished')";
    const std::string not_held =
        " AND id NOT IN (SELECT payment FROM difference WHERE payment IS NOT NULL AND class IN"
        " ('late_payment', 'surplus_payment'))";
    switch (seams_.late_policy) {
        case config::LatePolicy::accept: return;
        case config::LatePolicy::hold:
            return none("late or surplus money that nobody is asked about",
                        odd + not_held + settled);
        case config::LatePolicy::refund:
            return none("late or surplus money that does not go back",
                        odd + not_held + settled +
                            " AND id NOT IN (SELECT payment FROM refund WHERE origin = 'policy')");
    }
}

// Alipay never lies here: what it says about one trade is never about another sum or number. A
// payment that it refused comes through all the same when an earlier call for it was late.
void Oracle::check_differences() {
    none("a difference without a cause",
         "SELECT class || ' ' || evidence FROM difference WHERE class NOT IN ('unknown_order',"
         " 'late_payment', 'surplus_payment', 'contradiction', 'preauthorisation_paid_elsewhere')");
}

}  // namespace tollgate::simulation
