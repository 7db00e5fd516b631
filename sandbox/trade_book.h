#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
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

// The limits that Alipay sets (protocol notes 9.9 and 9.10), and one of our own.
struct TradeRules {
    std::size_t trades_max = 20'000;                  // The oldest goes when there are more.
    std::size_t refunds_max = 100;                    // Of one trade.
    std::chrono::milliseconds refund_spacing{3'000};  // Between two refunds of one trade.
    std::chrono::hours refund_window{365 * 24};       // Then a paid trade is finished.
    std::chrono::hours cancel_window{24};             // Since the trade was made.
    std::chrono::hours code_life{2};                  // Of a QR code, at most.
};

// What happened to a trade.
enum class TradeEvent { created, paid, refunded, closed, finished };

struct RefundOrder {
    std::string out_request_no;
    Money amount;
    std::string reason;
    RefundOrigin origin = RefundOrigin::call;
};

struct RefundOutcome {
    const Trade* trade;
    Refund refund;
    bool moved;  // False: an earlier request with this number moved the money already.
};

enum class CancelAction { none, close, refund };

struct CancelOutcome {
    const Trade* trade;
    CancelAction action;
    bool moved;  // False: it had been done before.
};

// Every trade of the pretend Alipay, kept in memory. Pure rules over the time that is passed in.
// Use from one thread at a time.
class TradeBook {
public:
    // Told of everything that happens, once it has; `refund` stands with TradeEvent::refunded only.
    using Watcher = std::function<void(const Trade&, TradeEvent, const Refund* refund)>;

    explicit TradeBook(Entropy& entropy, TradeRules rules = {})
        : rules_(rules), entropy_(entropy) {}

    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    // The buyer has opened the cashier: from now on the trade exists. The same order again is the
    // same trade. Refusals: ACQ.CONTEXT_INCONSISTENT, ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE,
    // ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR.
    Result<const Trade*> open(const PayOrder& order, Timestamp now);

    // A QR code for an order; no trade exists until it is scanned. Refuses like open(). Answers
    // the code's text, which scan() takes while the code lives. The same order again is the same
    // code, as long as that lives; what its latest request says beside is what counts.
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

    // Gives money back. The same number and amount again is the earlier refund. Refusals, all
    // "ACQ.": TRADE_NOT_EXIST, DISCORDANT_REPEAT_REQUEST, TRADE_STATUS_ERROR, TRADE_HAS_CLOSE,
    // TRADE_HAS_FINISHED, REFUND_AMT_NOT_EQUAL_TOTAL (more than is left), TRADE_NOT_ALLOW_REFUND
    // (refunds_max), and SYSTEM_ERROR within refund_spacing of another refund.
    Result<RefundOutcome> refund(std::string_view trade_no, const RefundOrder& order,
                                 Timestamp now);

    // Closes what is not paid and refunds what is. Refusals, all "ACQ.": TRADE_NOT_EXIST,
    // TRADE_CANCEL_TIME_OUT, TRADE_HAS_FINISHED, REASON_TRADE_REFUND_FEE_ERR (partly refunded).
    Result<CancelOutcome> cancel(std::string_view trade_no, Timestamp now);

    // What only the pretend Alipay's console can do. A paid trade can no longer be refunded:
    // refuses ACQ.TRADE_NOT_EXIST, ACQ.TRADE_STATUS_ERROR.
    Result<const Trade*> finish(std::string_view trade_no, Timestamp now);
    // Money that was under way when the trade was closed arrives after all: the same refusals.
    Result<const Trade*> pay_late(std::string_view trade_no, Timestamp now);
    // What the buyer's bank said about a refund. Refusals: ACQ.TRADE_NOT_EXIST.
    Result<const Trade*> set_deposit_back(std::string_view trade_no,
                                          std::string_view out_request_no, DepositBack result);

    // Closes every trade whose time has passed and finishes those that can no longer be refunded.
    // Answers how many.
    std::size_t expire(Timestamp now);

    // Newest first.
    std::vector<Trade> newest(std::size_t limit) const;

private:
    struct Entry;
    using Due = std::multimap<Timestamp, Entry*>;
    struct Entry : Trade {
        Due::iterator due;  // The end of due_ when nothing will happen by itself.
    };
    struct Offer {
        PayOrder order;
        std::string code;
        Timestamp code_made_at;
    };

    Entry* find(std::string_view trade_no);
    Entry* find_by_number(const PayOrder& order);
    Result<Done> may_refund(const Trade& trade, const RefundOrder& order, Timestamp now) const;
    Offer& new_offer(const PayOrder& order);
    bool code_lives(const Offer& offer, Timestamp now) const;
    void renew_code(Offer& offer, Timestamp now);
    void close_entry(Entry& entry, Timestamp at);
    void pay_entry(Entry& entry, Timestamp now);
    void finish_entry(Entry& entry);
    const Refund& refund_entry(Entry& entry, const RefundOrder& order, Timestamp now);
    void set_due(Entry& entry, Timestamp at);
    void drop_due(Entry& entry);
    void tell(const Trade& trade, TradeEvent event, const Refund* refund = nullptr) const;
    std::string new_trade_no(Timestamp now);
    void forget_oldest();

    const TradeRules rules_;
    Entropy& entropy_;
    Watcher watcher_;
    std::list<Entry> trades_;  // Oldest first.
    std::unordered_map<std::string, Entry*> by_trade_no_;
    std::unordered_map<std::string, Entry*> by_number_;  // seller_id + '/' + out_trade_no.
    std::unordered_map<std::string, Entry*> by_cashier_;
    Due due_;                  // When a trade will be closed or finished by time.
    std::list<Offer> offers_;  // Oldest first.
    std::unordered_map<std::string, Offer*> offer_by_code_;
    std::unordered_map<std::string, Offer*> offer_by_number_;
    std::uint64_t made_ = 0;
};

}  // namespace tollgate::sandbox
