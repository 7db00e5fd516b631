#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// Money that moved between a buyer and a merchant: a row of a bill.
struct Movement {
    bool is_refund = false;
    std::string trade_no;
    std::string out_trade_no;
    std::string out_request_no;  // Of a refund.
    std::string subject;
    std::string store_id;
    std::string operator_id;
    std::string terminal_id;
    std::string buyer_logon_id;
    Timestamp created_at;  // Of the trade.
    Timestamp at;
    Money amount;   // As a positive number, whichever way it went.
    Money fee;      // What Alipay kept of a payment, or gave back with a refund.
    Money balance;  // Of the merchant, once it and its fee were booked.
};

// What moved on each day (Beijing's), by merchant. Whole days are forgotten, oldest first, when
// there is too much. Use from one thread at a time.
class Journal {
public:
    Journal(std::size_t movements_max, std::int64_t fee_basis_points)
        : movements_max_(movements_max), fee_basis_points_(fee_basis_points) {}

    void add_payment(const Trade& trade);
    void add_refund(const Trade& trade, const Refund& refund);

    // In the order in which they happened. `day` is "2026-11-11", or "2026-11" for a month.
    std::vector<Movement> of(std::string_view seller_id, std::string_view day) const;
    bool has(std::string_view seller_id, std::string_view day) const;

private:
    void add(const Trade& trade, Movement movement);
    Money fee_of(Money amount) const;

    std::size_t movements_max_;
    std::int64_t fee_basis_points_;
    std::size_t kept_ = 0;
    std::map<std::string, std::map<std::string, std::vector<Movement>>> by_day_;  // Then seller.
    std::map<std::string, std::int64_t> balance_fen_;                             // By seller.
};

// "2026-11-11": the day in Beijing.
std::string day_of(Timestamp at);

}  // namespace tollgate::sandbox
