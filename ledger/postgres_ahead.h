#pragma once

#include <map>
#include <optional>
#include <string>

#include "ledger/books.h"
#include "ledger/unit.h"

namespace tollgate::ledger {

// What has been fetched, and locked, for the units of a batch before they run. Whatever is written
// is forgotten here: then it is asked for, as anything else.
struct PostgresAhead {
    template <typename Key, typename Row>
    using Fetched = std::map<Key, std::optional<Row>>;

    Fetched<Foresight::Key, Payment> payments;
    Fetched<Foresight::Key, Preauthorisation> preauthorisations;
    Fetched<NotificationKey, SeenNotification> notifications;
    Fetched<std::string, Payment> trade_nos;

    void forget(const Payment& payment) {
        payments.erase({payment.app, payment.out_trade_no});
        if (payment.trade_no) trade_nos.erase(*payment.trade_no);
    }
    void forget(const Preauthorisation& preauth) {
        preauthorisations.erase({preauth.app, preauth.out_auth_no});
    }
    void clear() { *this = {}; }
};

}  // namespace tollgate::ledger
