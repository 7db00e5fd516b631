#pragma once

#include <string>
#include <vector>

#include "base/sqlite.h"
#include "tests/simulation/alipay_model.h"
#include "tests/simulation/order_system.h"

namespace tollgate::simulation {

// What was promised to the outside, and by whom it was heard: must be in the ledger from then on.
struct Promises {
    std::vector<std::string> successes;  // notify_ids that were answered `success`.
};

// Reads a ledger's file by statements of its own, and says what of it cannot be.
class Oracle {
public:
    Oracle(Database& db, std::vector<std::string>& violations) : db_(db), violations_(violations) {}

    // Holds at every moment at which the ledger can be opened.
    void check_always(const AlipayModel& alipay, const OrderSystem& orders,
                      const Promises& promises);

    // Holds once the faults have stopped and everybody has had time.
    void check_at_rest(const AlipayModel& alipay, const OrderSystem& orders);

private:
    void check_file();
    void check_promises(const OrderSystem& orders, const Promises& promises);
    void check_histories();
    void check_events();
    void check_money(const AlipayModel& alipay, bool all_of_it);
    void check_deliveries(const OrderSystem& orders);

    // Each row of the answer is a violation: `what`, then the row's columns.
    void none(const std::string& what, const std::string& sql);
    Statement prepare(const std::string& sql);
    void violation(std::string text);

    Database& db_;
    std::vector<std::string>& violations_;
};

}  // namespace tollgate::simulation
