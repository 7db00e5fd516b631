#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// Every trade of the pretend Alipay, kept in memory; the oldest goes when there are too many.
// Pure rules over the time that is passed in. Use from one thread at a time.
class TradeBook {
public:
    static constexpr std::size_t kTradesMax = 20'000;

    explicit TradeBook(Entropy& entropy) : entropy_(entropy) {}

    // The buyer has opened the cashier: from now on the trade exists. The same order again is the
    // same trade. Refusals: ACQ.CONTEXT_INCONSISTENT, ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE,
    // ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR.
    Result<const Trade*> open(const PayOrder& order, Timestamp now);

    // A QR code for an order; no trade exists until it is scanned. Refuses like open(). Answers
    // the code's text, which scan() takes.
    Result<std::string> offer(const PayOrder& order, Timestamp now);
    Result<const Trade*> scan(std::string_view code, Timestamp now);

    // The trade that a query names, as it is now; nullptr when there is none.
    const Trade* by_out_trade_no(std::string_view seller_id, std::string_view out_trade_no);
    const Trade* by_trade_no(std::string_view trade_no);
    const Trade* by_cashier(std::string_view cashier);

    // Refusals: ACQ.TRADE_NOT_EXIST, ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE for a payment,
    // ACQ.REASON_TRADE_STATUS_INVALID for a close.
    Result<const Trade*> pay(std::string_view trade_no, Timestamp now);
    Result<const Trade*> close(std::string_view trade_no, Timestamp now);

    // Closes every trade whose time has passed. Answers how many.
    std::size_t expire(Timestamp now);

    // Newest first.
    std::vector<Trade> newest(std::size_t limit) const;

private:
    struct Offer {
        PayOrder order;
        std::string code;
    };

    Trade* find(std::string_view trade_no);
    Trade* find_by_number(const PayOrder& order);
    std::string random_text(std::size_t bytes);
    std::string new_trade_no(Timestamp now);
    void forget_oldest();

    Entropy& entropy_;
    std::list<Trade> trades_;  // Oldest first.
    std::unordered_map<std::string, Trade*> by_trade_no_;
    std::unordered_map<std::string, Trade*> by_number_;  // seller_id + '/' + out_trade_no.
    std::unordered_map<std::string, Trade*> by_cashier_;
    std::multimap<Timestamp, Trade*> by_expiry_;  // Until that time has come.
    std::list<Offer> offers_;                     // Oldest first.
    std::unordered_map<std::string, Offer*> offer_by_code_;
    std::unordered_map<std::string, Offer*> offer_by_number_;
    std::uint64_t made_ = 0;
};

}  // namespace tollgate::sandbox
