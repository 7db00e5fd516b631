#include <map>
#include <string>

#include "tests/simulation/oracle.h"

// What must hold of money that is frozen first.
namespace tollgate::simulation {

void Oracle::check_preauths() {
    none("a pre-authorisation has left its end",
         "SELECT preauthorisation || ' ' || from_status FROM preauthorisation_transition WHERE"
         " from_status IN ('confirmed', 'cancelled', 'failed') AND to_status != from_status");
    none("confirmed, and without its payment",
         "SELECT out_auth_no FROM preauthorisation AS p WHERE status = 'confirmed' AND NOT EXISTS"
         " (SELECT 1 FROM payment WHERE payment.id = p.payment AND amount_fen = capture_fen AND"
         " paid_ms IS NOT NULL AND out_trade_no = out_auth_no)");
    none("not confirmed, and a payment was made of it",
         "SELECT out_auth_no FROM preauthorisation AS p JOIN payment ON payment.out_trade_no ="
         " out_auth_no WHERE p.status != 'confirmed'");
    each(
        "SELECT out_auth_no, status, amount_fen, capture_fen, auth_no FROM preauthorisation"
        " WHERE frozen_ms IS NOT NULL OR status IN ('confirmed', 'cancelled', 'failed')",
        [&](const Statement& row) {
            const std::string number = row.text(0);
            const auto* auth = seams_.alipay.auth(number);
            const std::int64_t paid = auth == nullptr ? 0 : auth->paid.fen();
            const std::int64_t rest = auth == nullptr ? 0 : rest_of(*auth).fen();
            if (row.view(1) == "cancelled" || row.view(1) == "failed") {
                if (paid != 0) violation("let go, and Alipay took from it: " + number);
                if (rest != 0) violation("let go, and still frozen at Alipay: " + number);
                return;
            }
            if (auth == nullptr || auth->frozen.fen() != row.integer(2) ||
                auth->auth_no != row.view(4)) {
                return violation("in the ledger, and not so frozen at Alipay: " + number);
            }
            if (row.view(1) == "confirmed" && (paid != row.integer(3) || rest != 0)) {
                violation("confirmed, and not so at Alipay: " + number);
            }
        });
}

void Oracle::check_preauth_events() {
    std::map<std::string, int> untold;
    each(
        "SELECT preauthorisation_id || ' preauthorisation.' || to_status FROM"
        " preauthorisation_transition JOIN preauthorisation ON preauthorisation.id ="
        " preauthorisation WHERE to_status IN ('frozen', 'confirmed', 'cancelled', 'failed') AND"
        " from_status IS NOT to_status",
        [&](const Statement& row) { ++untold[row.text(0)]; });
    each(
        "SELECT json_extract(payload, '$.data.preauthorisation.id') || ' ' || type FROM event"
        " WHERE type LIKE 'preauthorisation.%'",
        [&](const Statement& row) { --untold[row.text(0)]; });
    for (const HeardEvent* const event : removed_) {
        if (event->type.starts_with("preauthorisation.")) {
            --untold[event->about + " " + event->type];
        }
    }
    for (const auto& [what, count] : untold) {
        if (count > 0) violation("what became of a pre-authorisation has no event: " + what);
        if (count < 0) violation("an event of a pre-authorisation without its cause: " + what);
    }
}

// Everything that was told is there.
void Oracle::check_preauth_promises() {
    Statement known = prepare(
        "SELECT status, version FROM preauthorisation WHERE app = 'shop' AND out_auth_no = ?");
    for (const WantedFreeze& wanted : seams_.orders.coordinator().wanted()) {
        if (wanted.version_seen == 0) continue;
        known.again().bind(1, wanted.number);
        const auto row = known.step();
        if (!row || !*row) {
            violation("tried or cancelled, and not in the ledger: " + wanted.number);
        } else if (known.integer(1) < wanted.version_seen) {
            violation("the ledger is behind what it has told: " + wanted.number);
        } else if (known.integer(1) == wanted.version_seen && known.view(0) != wanted.status_seen) {
            violation("told another status: " + wanted.number + " " + wanted.status_seen);
        }
    }
}

// Each freeze at Alipay is one pre-authorisation of the ledger's, which says of it what is so.
void Oracle::check_preauths_at_rest() {
    none("a pre-authorisation has not ended",
         "SELECT out_auth_no || ' is ' || status FROM preauthorisation WHERE status IN ('trying',"
         " 'confirming', 'cancelling')");
    std::map<std::string, std::string> ledger;
    each("SELECT out_auth_no, status FROM preauthorisation",
         [&](const Statement& row) { ledger[row.text(0)] = row.text(1); });
    for (const std::string& number : seams_.alipay.auth_numbers()) {
        const auto* auth = seams_.alipay.auth(number);
        const auto known = ledger.find(number);
        if (auth == nullptr || auth->frozen == Money()) continue;
        const std::string status = known == ledger.end() ? "unknown" : known->second;
        const std::string expected = auth->paid != Money()       ? "confirmed"
                                     : rest_of(*auth) != Money() ? "frozen"
                                                                 : "cancelled";
        if (status != expected) {
            violation(number + " is " + expected + " at Alipay, and here " + status);
        }
    }
    for (const WantedFreeze& wanted : seams_.orders.coordinator().wanted()) {
        const bool ends = wanted.cancel_asked || wanted.confirm_asked;
        if (ends && ledger[wanted.number] == "frozen") {
            violation("it was confirmed or cancelled, and is frozen: " + wanted.number);
        }
    }
}

}  // namespace tollgate::simulation
