#pragma once

#include <string>

// The questions behind Figures, in words that both engines understand. Every one stops at its
// bound, and walks an index that holds little but what it counts.
namespace tollgate::ledger::figures_sql {

// Whoever waits for money is looked at again sooner than what is paid: so these come first. $1, $2,
// $3: the youngest of each class of age; $4: the bound.
inline constexpr const char* kPayments =
    "SELECT status, CASE WHEN created_ms > $1 THEN 0 WHEN created_ms > $2 THEN 1"
    " WHEN created_ms > $3 THEN 2 ELSE 3 END AS age, COUNT(*), MIN(created_ms)"
    " FROM (SELECT status, created_ms FROM payment WHERE next_sweep_ms IS NOT NULL"
    " ORDER BY next_sweep_ms LIMIT $4) AS looked_at GROUP BY 1, 2 ORDER BY 1, 2";

inline constexpr const char* kRefunds =
    "SELECT status, 0, COUNT(*), MIN(created_ms)"
    " FROM (SELECT status, created_ms FROM refund WHERE next_sweep_ms IS NOT NULL"
    " ORDER BY next_sweep_ms LIMIT $1) AS looked_at GROUP BY 1 ORDER BY 1";

inline constexpr const char* kPreauths =
    "SELECT status, 0, COUNT(*), MIN(created_ms)"
    " FROM (SELECT status, created_ms FROM preauthorisation WHERE next_sweep_ms IS NOT NULL"
    " ORDER BY next_sweep_ms LIMIT $1) AS looked_at GROUP BY 1 ORDER BY 1";

// $1: now; $2: the bound.
inline constexpr const char* kDuePayments =
    "SELECT COUNT(*), MIN(next_sweep_ms) FROM (SELECT next_sweep_ms FROM payment"
    " WHERE next_sweep_ms <= $1 AND held = 0 ORDER BY next_sweep_ms LIMIT $2) AS due";
inline constexpr const char* kDueRefunds =
    "SELECT COUNT(*), MIN(next_sweep_ms) FROM (SELECT next_sweep_ms FROM refund"
    " WHERE next_sweep_ms <= $1 ORDER BY next_sweep_ms LIMIT $2) AS due";
inline constexpr const char* kDuePreauths =
    "SELECT COUNT(*), MIN(next_sweep_ms) FROM (SELECT next_sweep_ms FROM preauthorisation"
    " WHERE next_sweep_ms <= $1 ORDER BY next_sweep_ms LIMIT $2) AS due";

// $1: the bound of each count; $2: of endpoints. A delivery names its event by its publication
// number, which stands in the event's column `number`; those that were not tried yet stand in an
// index in that order.
inline std::string outbox(const std::string& number) {
    return "SELECT e.endpoint_id,"
           " (SELECT COUNT(*) FROM (SELECT 1 FROM delivery d WHERE d.endpoint = e.id"
           " AND d.status = 'pending' AND d.attempts = 0 LIMIT $1) AS fresh),"
           " (SELECT v.created_ms FROM event v WHERE v." +
           number +
           " = (SELECT d.event FROM delivery d WHERE d.endpoint = e.id"
           " AND d.status = 'pending' AND d.attempts = 0 ORDER BY d.id LIMIT 1)),"
           " (SELECT COUNT(*) FROM (SELECT 1 FROM delivery d WHERE d.endpoint = e.id"
           " AND d.status = 'pending' AND d.attempts > 0 LIMIT $1) AS again)"
           " FROM endpoint e WHERE e.status <> 'removed' ORDER BY e.id LIMIT $2";
}

// $1: now; $2: the bound.
inline constexpr const char* kSecrets =
    "SELECT e.endpoint_id, MAX(s.expires_ms) FROM endpoint_secret s JOIN endpoint e"
    " ON e.id = s.endpoint WHERE s.expires_ms > $1 AND e.status <> 'removed'"
    " GROUP BY e.id, e.endpoint_id ORDER BY e.id LIMIT $2";

// $1: the bound.
inline constexpr const char* kDifferences =
    "SELECT class, COUNT(*), MIN(opened_ms) FROM (SELECT class, status, opened_ms FROM difference"
    " ORDER BY id DESC LIMIT $1) AS newest WHERE status = 'open' GROUP BY 1 ORDER BY 1";

}  // namespace tollgate::ledger::figures_sql
