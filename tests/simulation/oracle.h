#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "config/settings.h"
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
    struct Seams {
        Database& db;
        AlipayModel& alipay;
        const OrderSystem& orders;
        const Promises& promises;
        config::LatePolicy late_policy;
        Timestamp now;
        // Of what is older some may have been removed; nothing: it is all there.
        std::optional<std::chrono::milliseconds> kept;
        std::vector<std::string>& violations;
    };

    explicit Oracle(const Seams& seams) : seams_(seams) {}

    // Holds at every moment at which the ledger can be opened.
    void check_always();

    // Holds once the faults have stopped and everybody has had time: oracle_at_rest.cpp.
    void check_at_rest();

private:
    void check_file();
    void check_promises();
    void check_histories();
    void find_removed_events();
    void check_bodies();
    void check_events();
    void check_difference_events();
    void check_refund_events();
    void check_money(bool all_of_it);
    void check_foreign_money();
    void check_closed();
    void check_refunds();
    // oracle_preauths.cpp.
    void check_preauths();
    void check_preauth_events();
    void check_preauth_promises();
    void check_preauths_at_rest();

    void check_deliveries();
    void check_ends();
    void check_money_back();
    void check_late_and_surplus();
    void check_differences();

    // Each row of the answer is a violation: `what`, then the row's columns.
    void none(const std::string& what, const std::string& sql);
    // Calls `use` with the statement at each row.
    template <typename Use>
    void each(const std::string& sql, Use use) {
        Statement select = prepare(sql);
        for (;;) {
            const auto row = select.step();
            if (!row) return violation("the ledger cannot be read: " + row.error().message());
            if (!*row) return;
            use(select);
        }
    }
    Statement prepare(const std::string& sql);
    void violation(std::string text);

    Seams seams_;
    std::vector<const HeardEvent*> removed_;  // Heard of, and not in the ledger any more.
};

}  // namespace tollgate::simulation
