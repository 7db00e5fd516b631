#include "tests/simulation/oracle.h"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace tollgate::simulation {
namespace {

constexpr std::size_t kViolationsMax = 20;
// The gateway's clock is never further off.
constexpr std::chrono::minutes kClockWrong{5};

// rank_of() in SQL.
std::string rank(const std::string& column) {
    return "(CASE " + column +
           " WHEN 'closed' THEN 1 WHEN 'failed' THEN 1 WHEN 'paid' THEN 2"
           " WHEN 'finished' THEN 3 WHEN 'refunded' THEN 3 ELSE 0 END)";
}

}  // namespace

void Oracle::violation(std::string text) {
    if (seams_.violations.size() < kViolationsMax) seams_.violations.push_back(std::move(text));
}

Statement Oracle::prepare(const std::string& sql) {
    auto statement = seams_.db.prepare(sql);
    TOLLGATE_CHECK(statement.has_value());
    return *std::move(statement);
}

void Oracle::none(const std::string& what, const std::string& sql) {
    each(sql, [&](const Statement& row) { violation(what + ": " + row.text(0)); });
}

void Oracle::check_always() {
    check_file();
    check_promises();
    check_histories();
    find_removed_events();
    check_bodies();
    check_events();
    check_difference_events();
    check_refund_events();
    check_money(false);
    check_closed();
    check_refunds();
    check_preauths();
    check_preauth_events();
    check_preauth_promises();
}

void Oracle::check_file() {
    Statement check = prepare("PRAGMA quick_check(1)");
    const auto row = check.step();
    if (!row || !*row) return violation("the ledger's file cannot be checked");
    if (check.text(0) != "ok") violation("the ledger's file is damaged: " + check.text(0));
    none("a row points nowhere", "SELECT \"table\" || ' ' || rowid FROM pragma_foreign_key_check");
}

void Oracle::check_promises() {
    Statement notification =
        prepare("SELECT verdict FROM notification WHERE app = 'shop' AND notify_id = ?");
    for (const std::string& id : seams_.promises.successes) {
        notification.again().bind(1, id);
        const auto row = notification.step();
        if (!row || !*row) {
            violation("answered `success`, and not in the ledger: " + id);
        } else if (notification.view(0) == "rejected") {
            violation("answered `success`, and rejected: " + id);
        }
    }
    Statement payment = prepare(
        "SELECT out_trade_no, amount_fen FROM payment"
        " WHERE payment_id = ?");
    for (const Order& order : seams_.orders.orders()) {
        if (order.payment_id.empty()) continue;
        payment.again().bind(1, order.payment_id);
        const auto row = payment.step();
        if (!row || !*row) {
            violation("created, and not in the ledger: " + order.out_trade_no);
        } else if (payment.view(0) != order.out_trade_no ||
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
    for (const std::string of : {"payment", "refund", "preauthorisation"}) {
        const std::string table = of == "payment" ? "transition" : of + "_transition";
        none("a history has a gap",
             "SELECT " + of + " || ' version ' || version FROM (SELECT " + of +
                 ", version, from_status, lag(version) OVER w AS version_before,"
                 " lag(to_status) OVER w AS status_before FROM " +
                 table + " WINDOW w AS (PARTITION BY " + of +
                 " ORDER BY version))"
                 " WHERE version != coalesce(version_before, 0) + 1"
                 " OR from_status IS NOT status_before");
        none("a " + of + " is not where its history ends",
             "SELECT " + of + "_id FROM " + of +
                 " WHERE (version, status) IS NOT (SELECT version,"
                 " to_status FROM " +
                 table + " AS t WHERE t." + of + " = " + of + ".id ORDER BY version DESC LIMIT 1)");
    }
    none("a payment has money, and no step says when it came",
         "SELECT out_trade_no FROM payment WHERE status IN ('paid', 'finished', 'refunded')"
         " AND id NOT IN (SELECT payment FROM transition WHERE to_status = 'paid')");
    none("a payment was paid twice",
         "SELECT payment FROM transition WHERE to_status = 'paid' AND from_status IS NOT 'paid'"
         " GROUP BY payment HAVING count(*) > 1");
    none("a refund that was done is not any more",
         "SELECT refund FROM refund_transition WHERE from_status = 'succeeded'"
         " AND to_status != 'succeeded'");
}

// What was heard is in the ledger, or was and is too old. Both are sorted by the same order.
void Oracle::find_removed_events() {
    const auto& events = seams_.orders.events();
    auto heard = events.begin();
    const auto missed = [&] {
        if (!seams_.kept) violation("heard of, and not in the ledger: " + heard->first);
        removed_.push_back(&heard->second);
        ++heard;
    };
    each("SELECT event_id FROM event ORDER BY event_id", [&](const Statement& row) {
        while (heard != events.end() && heard->first < row.view(0)) missed();
        if (heard != events.end() && heard->first == row.view(0)) ++heard;
    });
    while (heard != events.end()) missed();
}

// What Alipay sent stays for its time, and while somebody has to look into it.
void Oracle::check_bodies() {
    none("an open difference has lost what Alipay sent",
         "SELECT difference_id FROM difference WHERE status = 'open' AND notification IS NOT NULL"
         " AND notification NOT IN (SELECT notification FROM notification_body)");
    const Timestamp recently =
        seams_.kept ? seams_.now + (kClockWrong - *seams_.kept) : Timestamp{};
    none("what Alipay sent has gone before its time",
         "SELECT coalesce(notify_id, id) FROM notification WHERE received_ms >= " +
             std::to_string(recently.ms) +
             " AND id NOT IN (SELECT notification FROM notification_body)");
}

void Oracle::check_events() {
    std::multiset<std::tuple<std::int64_t, std::int64_t, std::string>> told;
    each(
        "SELECT payment, version, type FROM event WHERE type IN ('payment.paid',"
        " 'payment.finished', 'payment.refunded', 'payment.closed', 'payment.failed')",
        [&](const Statement& row) { told.emplace(row.integer(0), row.integer(1), row.text(2)); });
    Statement by_id = prepare("SELECT id FROM payment WHERE payment_id = ?");
    for (const HeardEvent* const event : removed_) {
        if (!event->type.starts_with("payment.")) continue;
        const auto row = by_id.again().bind(1, event->about).step();
        if (row && *row) told.emplace(by_id.integer(0), event->version, event->type);
    }
    each(
        "SELECT payment, version, 'payment.' || to_status FROM transition WHERE to_status IN"
        " ('paid', 'finished', 'refunded', 'closed', 'failed') AND from_status IS NOT to_status",
        [&](const Statement& row) {
            const auto found = told.find({row.integer(0), row.integer(1), row.text(2)});
            if (found != told.end()) {
                told.erase(found);
                return;
            }
            violation("a transition has no event: " + row.text(0) + " version " + row.text(1));
        });
    for (const auto& [payment, version, type] : told) {
        violation("an event has no transition of its own: " + type + " of " +
                  std::to_string(payment));
    }
}

void Oracle::check_difference_events() {
    std::map<std::string, int> told;
    each(
        "SELECT json_extract(payload, '$.data.difference.id') FROM event WHERE"
        " type = 'difference.opened'",
        [&](const Statement& row) { ++told[row.text(0)]; });
    for (const HeardEvent* const event : removed_) {
        if (event->type == "difference.opened") ++told[event->about];
    }
    // One that was opened again, for money that came after it was settled, is told of again.
    each(
        "SELECT difference_id, json_extract(evidence, '$.settled_before') IS NOT NULL"
        " FROM difference",
        [&](const Statement& row) {
            const std::string id = row.text(0);
            if (told[id] != 1 + row.integer(1)) {
                violation("a difference has no event, or more than one: " + id);
            }
        });
}

// What a cancel sends back is told by payment.refunded alone.
void Oracle::check_refund_events() {
    std::map<std::string, std::int64_t> ends;
    each(
        "SELECT refund_id, (SELECT count(*) FROM refund_transition AS t WHERE t.refund ="
        " refund.id AND to_status IN ('succeeded', 'failed') AND from_status IS NOT to_status)"
        " FROM refund WHERE origin != 'cancel'",
        [&](const Statement& row) { ends[row.text(0)] = row.integer(1); });
    each(
        "SELECT json_extract(payload, '$.data.refund.id') FROM event WHERE type IN"
        " ('refund.succeeded', 'refund.failed')",
        [&](const Statement& row) { --ends[row.text(0)]; });
    for (const HeardEvent* const event : removed_) {
        const bool ended = event->type == "refund.succeeded" || event->type == "refund.failed";
        if (ended) --ends[event->about];
    }
    for (const auto& [refund, untold] : ends) {
        if (untold > 0) violation("the end of a refund has no event: " + refund);
        if (untold < 0) violation("an event about the end of a refund that has none: " + refund);
    }
}

// Not one yuan that nobody paid; and, once all is said, every one that somebody did.
void Oracle::check_money(bool all_of_it) {
    const auto& trades = seams_.alipay.trades();
    std::set<std::string> found;
    each(
        "SELECT out_trade_no, amount_fen, trade_no FROM payment WHERE status IN ('paid',"
        " 'finished', 'refunded')",
        [&](const Statement& row) {
            const std::string number = row.text(0);
            const auto trade = trades.find(number);
            if (trade == trades.end() || !trade->second.paid) {
                violation("in the ledger, and nobody paid it: " + number);
            } else if (trade->second.amount.fen() != row.integer(1) ||
                       trade->second.trade_no != row.view(2)) {
                violation("paid with another amount or trade_no: " + number);
            }
            found.insert(number);
        });
    if (!all_of_it) return;
    for (const auto& [number, trade] : trades) {
        if (trade.paid && !trade.foreign && !found.contains(number)) {
            violation("Alipay took it, and the ledger does not say so: " + number);
        }
    }
}

// Whoever is told that a payment is closed may sell the goods to somebody else.
void Oracle::check_closed() {
    each("SELECT out_trade_no FROM payment WHERE status = 'closed'", [&](const Statement& row) {
        const auto* trade = seams_.alipay.trade(row.text(0));
        if (trade == nullptr || trade->status != sandbox::TradeStatus::wait_buyer_pay) return;
        violation("closed, and its buyer can still pay: " + row.text(0));
    });
    each(
        "SELECT DISTINCT out_trade_no FROM payment JOIN transition ON transition.payment = "
        "payment.id"
        " WHERE to_status = 'closed'",
        [&](const Statement& row) {
            const auto truth = seams_.alipay.trades().find(row.text(0));
            if (truth == seams_.alipay.trades().end()) return;
            if (!truth->second.paid || truth->second.closed_unpaid) return;
            violation("closed, and its buyer had paid: " + row.text(0));
        });
}

void Oracle::check_refunds() {
    none("refunds exceed their payment",
         "SELECT out_trade_no FROM payment JOIN (SELECT payment AS of, sum(amount_fen) AS back"
         " FROM refund WHERE status = 'succeeded' GROUP BY payment) ON of = id"
         " WHERE back > amount_fen");
    // One that somebody made at Alipay's own pages asks nobody whether the money is reserved.
    none("reserved refunds exceed their payment",
         "SELECT out_trade_no FROM payment JOIN (SELECT payment AS of, sum(amount_fen) AS back"
         " FROM refund WHERE status != 'failed' AND origin != 'external' GROUP BY payment)"
         " ON of = id WHERE back > amount_fen");
    each(
        "SELECT out_trade_no, out_request_no, refund.status, refund.amount_fen, origin FROM refund"
        " JOIN payment ON payment.id = refund.payment WHERE refund.status IN"
        " ('succeeded', 'failed')",
        [&](const Statement& row) {
            const std::string number = row.text(1);
            const auto moved = seams_.alipay.refunded(row.text(0), number);
            if (row.view(2) == "failed") {
                if (moved) violation("its reservation is free, and its money has moved: " + number);
            } else if (row.view(4) == "cancel" && !moved) {
                // Its number stands in for the one under which somebody sent the money back.
                if (seams_.alipay.refunded_in_all(row.text(0)).fen() < row.integer(3)) {
                    violation("cancelled, and Alipay sent nothing back: " + number);
                }
            } else if (!moved || moved->fen() != row.integer(3)) {
                violation("refunded in the ledger, and Alipay sent nothing back: " + number);
            }
        });
}

}  // namespace tollgate::simulation
