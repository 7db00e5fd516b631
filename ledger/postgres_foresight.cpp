// What of PostgresReading fetches for a whole batch at once.
#include <algorithm>

#include "ledger/postgres_reading.h"
#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

// A pair of arrays of the same length, sorted and each pair once.
struct KeyColumns {
    explicit KeyColumns(std::vector<Foresight::Key> keys) {
        std::ranges::sort(keys);
        const auto repeated = std::ranges::unique(keys);
        keys.erase(repeated.begin(), repeated.end());
        for (auto& [first, second] : keys) {
            firsts.push_back(std::move(first));
            seconds.push_back(std::move(second));
        }
    }
    PostgresStatement asked_by(const std::string& sql) const {
        return {sql.c_str(), {PostgresValue::array(firsts), PostgresValue::array(seconds)}};
    }
    // Nothing was found of any, as long as nobody says more.
    template <typename Found>
    void expect(Found& found) const {
        for (std::size_t i = 0; i < firsts.size(); ++i) found[{firsts[i], seconds[i]}];
    }

    std::vector<std::string> firsts;
    std::vector<std::string> seconds;
};

// The same of what a notification is known by.
struct NotificationColumns {
    explicit NotificationColumns(const std::vector<NotificationKey>& keys) {
        for (const NotificationKey& key : keys) {
            apps.push_back(key.app);
            numbers.push_back(key.out_trade_no);
            ids.push_back(key.notify_id);
        }
    }
    PostgresStatement asked_by(const std::string& sql) const {
        return {
            sql.c_str(),
            {PostgresValue::array(apps), PostgresValue::array(numbers), PostgresValue::array(ids)}};
    }

    std::vector<std::string> apps;
    std::vector<std::string> numbers;
    std::vector<std::string> ids;
};

// Locked in the order of their rows: two batches never hold what the other waits for.
const std::string& payments_sql() {
    static const std::string kSql =
        std::string("SELECT ") + kPaymentColumns +
        " FROM payment JOIN unnest($1::text[], $2::text[]) AS wanted (w, n)"
        " ON app = w AND out_trade_no = n ORDER BY id FOR NO KEY UPDATE OF payment";
    return kSql;
}
const std::string& trade_nos_sql() {
    static const std::string kSql =
        std::string("SELECT ") + kPaymentColumns +
        " FROM payment WHERE trade_no = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE";
    return kSql;
}
const std::string& preauths_sql() {
    static const std::string kSql =
        std::string("SELECT ") + kPreauthColumns +
        " FROM preauthorisation JOIN unnest($1::text[], $2::text[]) AS wanted (w, n)"
        " ON app = w AND out_auth_no = n ORDER BY id FOR NO KEY UPDATE OF preauthorisation";
    return kSql;
}
// After the payments: whoever has just recorded a notification about one held it until then.
const std::string& notifications_sql() {
    static const std::string kSql =
        "SELECT DISTINCT id, verdict, w, n, i"
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (w, n, i)"
        " JOIN notification ON app = w AND coalesce(out_trade_no, '') = n AND notify_id = i";
    return kSql;
}

}  // namespace

Result<Done> PostgresReading::fetch(const Foresight& keys) {
    const KeyColumns payments(keys.payments);
    const KeyColumns preauths(keys.preauthorisations);
    const NotificationColumns notifications(keys.notifications);
    if (payments.firsts.empty() && preauths.firsts.empty() && notifications.ids.empty()) {
        return Done{};
    }
    TOLLGATE_TRY(
        const auto found,
        session_.query_all({payments.asked_by(payments_sql()),
                            {trade_nos_sql().c_str(), {PostgresValue::array(keys.trade_nos)}},
                            preauths.asked_by(preauths_sql()),
                            notifications.asked_by(notifications_sql())}));
    payments.expect(ahead_.payments);
    preauths.expect(ahead_.preauthorisations);
    for (const NotificationKey& key : keys.notifications) ahead_.notifications[key];
    for (const std::string& trade_no : keys.trade_nos) ahead_.trade_nos[trade_no];
    TOLLGATE_TRY(auto by_number, read_all(found[0], read_payment<PostgresRow>));
    for (Payment& payment : by_number) {
        ahead_.payments[{payment.app, payment.out_trade_no}] = std::move(payment);
    }
    TOLLGATE_TRY(auto by_trade_no, read_all(found[1], read_payment<PostgresRow>));
    for (Payment& payment : by_trade_no) {
        ahead_.trade_nos[*payment.trade_no] = std::move(payment);
    }
    TOLLGATE_TRY(auto found_preauths, read_all(found[2], read_preauth<PostgresRow>));
    for (Preauthorisation& preauth : found_preauths) {
        ahead_.preauthorisations[{preauth.app, preauth.out_auth_no}] = std::move(preauth);
    }
    for (int i = 0; i < found[3].size(); ++i) {
        const PostgresRow row = found[3][i];
        SeenNotification seen{.row = row.integer(0)};
        for (const Verdict verdict : {Verdict::accepted, Verdict::stale, Verdict::ignored}) {
            if (name_of(verdict) == row.view(1)) seen.verdict = verdict;
        }
        ahead_.notifications[{row.text(2), row.text(3), row.text(4)}] = seen;
    }
    return Done{};
}

}  // namespace tollgate::ledger
