#pragma once

#include "sandbox/auth_codes.h"
#include "sandbox/bill_shelf.h"
#include "sandbox/journal.h"
#include "sandbox/trade_book.h"

namespace tollgate::sandbox {

// Everything that the pretend Alipay remembers. Use from one thread at a time.
struct Books {
    explicit Books(Entropy& entropy, TradeRules rules = {}, std::int64_t fee_basis_points = 60)
        : trades(entropy, rules),
          journal(kMovementsATrade * rules.trades_max, fee_basis_points),
          bills(entropy) {}

    TradeBook trades;
    AuthCodes auth_codes;
    Journal journal;
    BillShelf bills;

private:
    static constexpr std::size_t kMovementsATrade = 4;
};

}  // namespace tollgate::sandbox
