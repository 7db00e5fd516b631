#include "tests/simulation/oracle.h"

#include <set>
#include <utility>

#include "base/check.h"

namespace tollgate::simulation {
namespace {

constexpr std::size_t kViolationsMax = 20;

// rank_of() in SQL.
std::string rank(const std::string& column) {
    return "(CASE " + column +
           " WHEN 'closed' THEN 1 WHEN 'failed' THEN 1 WHEN 'paid' THEN 2"
           " WHEN 'finished' THEN 3 WHEN 'refunded' THEN 3 ELSE 0 END)";
}

}  // namespace

void Oracle::violation(std::string text) {
    if (violations_.size() < kViolationsMax) violations_.push_back(std::move(text));
}

Statement Oracle::prepare(const std::string& sql) {
    auto statement = db_.prepare(sql);
    TOLLGATE_CHECK(statement.has_value());
    return *std::move(statement);
}

void Oracle::none(const std::string& what, const std::string& sql) {
    Statement select = prepare(sql);
    for (;;) {
        const auto row = select.step();
        if (!row) return violation(what + ": " + row.error().message());
        if (!*row) return;
        violation(what + ": " + select.text(0));
    }
}

void Oracle::check_always(const AlipayModel& alipay, const OrderSystem& orders,
                          const Promises& promises) {
    check_file();
    check_promises(orders, promises);
    check_histories();
    check_events();
    check_money(alipay, false);
}

void Oracle::check_at_rest(const AlipayModel& alipay, const OrderSystem& orders) {
    check_money(alipay, true);
    check_deliveries(orders);
}

void Oracle::check_file() {
    Statement check = prepare("PRAGMA quick_check(1)");
    const auto row = check.step();
    if (!row || !*row) return violation("the ledger's file cannot be checked");
    if (check.text(0) != "ok") violation("the ledger's file is damaged: " + check.text(0));
    none("a row points nowhere", "SELECT \"table\" || ' ' || rowid FROM pragma_foreign_key_check");
}

void Oracle::check_promises(const OrderSystem& orders, const Promises& promises) {
    Statement notification =
        prepare("SELECT verdict FROM notification WHERE app = 'shop' AND notify_id = ?");
    for (const std::string& id : promises.successes) {
        notification.again().bind(1, id);
        const auto row = notification.step();
        if (!row || !*row) {
            violation("answered `success`, and not in the ledger: " + id);
        } else if (notification.text(0) == "rejected") {
            violation("answered `success`, and rejected: " + id);
        }
    }
    Statement payment = prepare(
        "SELECT out_trade_no, amount_fen FROM payment"
        " WHERE payment_id = ?");
    for (const Order& order : orders.orders()) {
        if (order.payment_id.empty()) continue;
        payment.again().bind(1, order.payment_id);
        const auto row = payment.step();
        if (!row || !*row) {
            violation("created, and not in the ledger: " + order.out_trade_no);
        } else if (payment.text(0) != order.out_trade_no ||
                   payment.integer(1) != order.amount.fen()) {
            violation("created with other fields: " + order.out_trade_no);
        }
    }
}

void Oracle::check_histories() {
    none("a status moved backwards",
         "SELECT payment || ' ' || from_status || ' -> ' || to_status FROM transition"
         " WHERE from_status IS NOT NULL AND " +
             rank("to_status") + " < " + rank("from_status"));
    none("a history has a gap",
         "SELECT payment || ' version ' || version FROM (SELECT payment, version, from_status,"
         " lag(version) OVER w AS version_before, lag(to_status) OVER w AS status_before"
         " FROM transition WINDOW w AS (PARTITION BY payment ORDER BY version))"
         " WHERE version != coalesce(version_before, 0) + 1 OR from_status IS NOT status_before");
    none("a payment is not where its history ends",
         "SELECT out_trade_no FROM payment WHERE (version, status) IS NOT"
         " (SELECT version, to_status FROM transition WHERE transition.payment = payment.id"
         " ORDER BY version DESC LIMIT 1)");
    none("a payment has money, and no step says when it came",
         "SELECT out_trade_no FROM payment WHERE status IN ('paid', 'finished', 'refunded')"
         " AND NOT EXISTS (SELECT 1 FROM transition WHERE transition.payment = payment.id"
         " AND to_status = 'paid')");
    none("a payment was paid twice",
         "SELECT payment FROM transition WHERE to_status = 'paid' AND from_status IS NOT 'paid'"
         " GROUP BY payment HAVING count(*) > 1");
}

void Oracle::check_events() {
    none("a transition has no event, or more than one",
         "SELECT payment || ' version ' || version FROM transition WHERE to_status IN ('paid',"
         " 'finished', 'refunded', 'closed', 'failed') AND from_status IS NOT to_status AND"
         " (SELECT count(*) FROM event WHERE event.payment = transition.payment AND"
         " event.version = transition.version AND event.type = 'payment.' || to_status) != 1");
    none("an event has no transition",
         "SELECT event_id FROM event WHERE type IN ('payment.paid', 'payment.finished',"
         " 'payment.refunded', 'payment.closed', 'payment.failed') AND NOT EXISTS (SELECT 1 FROM"
         " transition WHERE transition.payment = event.payment AND"
         " transition.version = event.version AND event.type = 'payment.' || to_status)");
    none("a difference has no event, or more than one",
         "SELECT difference_id FROM difference WHERE (SELECT count(*) FROM event WHERE"
         " type = 'difference.opened' AND json_extract(payload, '$.data.difference.id') ="
         " difference.difference_id) != 1");
}

// Not one yuan that nobody paid; and, once all is said, every one that somebody did.
void Oracle::check_money(const AlipayModel& alipay, bool all_of_it) {
    std::set<std::string> found;
    Statement paid = prepare(
        "SELECT out_trade_no, amount_fen, trade_no FROM payment WHERE status IN ('paid',"
        " 'finished', 'refunded')");
    for (;;) {
        const auto row = paid.step();
        if (!row || !*row) break;
        const std::string number = paid.text(0);
        const auto trade = alipay.trades().find(number);
        if (trade == alipay.trades().end() || !trade->second.paid) {
            violation("in the ledger, and nobody paid it: " + number);
        } else if (trade->second.amount.fen() != paid.integer(1) ||
                   trade->second.trade_no != paid.text(2)) {
            violation("paid with another amount or trade_no: " + number);
        }
        found.insert(number);
    }
    if (!all_of_it) return;
    Statement difference = prepare("SELECT count(*) FROM difference WHERE trade_no = ?");
    for (const auto& [number, trade] : alipay.trades()) {
        if (!trade.paid) continue;
        if (!trade.foreign && !found.contains(number)) {
            violation("Alipay took it, and the ledger does not say so: " + number);
        }
        if (!trade.foreign) continue;
        difference.again().bind(1, trade.trade_no);
        const auto row = difference.step();
        if (!row || !*row || difference.integer(0) != 1) {
            violation("money that is not ours opened no difference: " + number);
        }
    }
}

void Oracle::check_deliveries(const OrderSystem& orders) {
    Statement events = prepare("SELECT event_id FROM event WHERE only_endpoint IS NULL");
    for (;;) {
        const auto row = events.step();
        if (!row || !*row) break;
        if (!orders.events().contains(events.text(0))) {
            violation("the order system has never heard of " + events.text(0));
        }
    }
    none("a delivery is not delivered",
         "SELECT id || ' is ' || status FROM delivery WHERE status != 'delivered'");
    none("an event was never published",
         "SELECT event_id FROM event WHERE id > (SELECT last FROM publication)");
}

}  // namespace tollgate::simulation
