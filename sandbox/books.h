#pragma once

#include "sandbox/auth_book.h"
#include "sandbox/auth_codes.h"
#include "sandbox/bill_shelf.h"
#include "sandbox/journal.h"
#include "sandbox/oauth.h"
#include "sandbox/trade_book.h"

namespace tollgate::sandbox {

// Everything that the pretend Alipay remembers. Use from one thread at a time.
struct Books {
    explicit Books(Entropy& entropy, TradeRules rules = {}, std::int64_t fee_basis_points = 60)
        : trades(entropy, rules),
          auths(entropy, {.orders_max = rules.trades_max}),
          oauth_codes(entropy),
          journal(kMovementsATrade * rules.trades_max, fee_basis_points),
          bills(entropy) {}

    TradeBook trades;
    AuthBook auths;
    AuthCodes auth_codes;
    OauthCodes oauth_codes;
    Journal journal;
    BillShelf bills;

private:
    static constexpr std::size_t kMovementsATrade = 4;
};

}  // namespace tollgate::sandbox
