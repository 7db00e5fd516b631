#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "sandbox/auth_order.h"

namespace tollgate::sandbox {

struct AuthRules {
    std::size_t orders_max = 20'000;   // The oldest goes when there are more.
    std::size_t operations_max = 100;  // Of one order.
    std::chrono::hours cancel_window{24};
};

struct UnfreezeOrder {
    std::string out_request_no;
    Money amount;
    std::string remark;
    std::string notify_url;
};

// What came of an operation. The order outlives neither the next call nor its own oldness.
struct AuthOutcome {
    const AuthOrder* auth;
    Operation operation;
};

// Every pre-authorisation of the pretend Alipay. Pure rules over the time that is passed in. Use
// from one thread at a time. Refusals have no "ACQ." prefix, as Alipay's of this family.
class AuthBook {
public:
    // Told of every operation that succeeded or was closed.
    using Watcher = std::function<void(const AuthOrder&, const Operation&)>;

    explicit AuthBook(Entropy& entropy, AuthRules rules = {}) : rules_(rules), entropy_(entropy) {}

    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    // A freeze that waits for its buyer. The same again is the same. Refusals: UNIQUE_VIOLATION
    // (other data), FREEZE_ALREADY_SUCCESS, ORDER_ALREADY_CLOSED, ORDER_ALREADY_FINISH.
    Result<AuthOutcome> open(const FreezeOrder& order, Timestamp now);

    // The buyer agrees, or says no. Refusals: AUTH_ORDER_NOT_EXIST, ILLEGAL_STATUS.
    Result<AuthOutcome> agree(std::string_view auth_no, Timestamp now);
    Result<AuthOutcome> refuse(std::string_view auth_no, Timestamp now);

    // Gives frozen money back to the buyer; the same number and amount again is the earlier one.
    // Refusals: AUTH_ORDER_NOT_EXIST, UNIQUE_VIOLATION, REQUEST_AMOUNT_EXCEED, ILLEGAL_STATUS,
    // ORDER_ALREADY_CLOSED, ORDER_ALREADY_FINISH.
    Result<AuthOutcome> unfreeze(std::string_view auth_no, const UnfreezeOrder& order,
                                 Timestamp now);

    // Undoes a freeze nothing of which was paid. Refusals: as unfreeze(),
    // CANCEL_OPERATION_TIME_OUT.
    Result<AuthOutcome> cancel(std::string_view auth_no, Timestamp now);

    // Whether so much could be paid out of it: in the words of alipay.trade.pay ("ACQ." stands).
    Result<const AuthOrder*> may_pay(std::string_view auth_no, Money amount, Timestamp now);
    // It was paid; `complete` frees the rest. Requires may_pay().
    void pay(std::string_view auth_no, const std::string& out_trade_no, Money amount, bool complete,
             Timestamp now);

    const AuthOrder* by_auth_no(std::string_view auth_no);
    const AuthOrder* by_out_order_no(std::string_view seller_id, std::string_view out_order_no);
    const AuthOrder* by_cashier(std::string_view cashier);

    // Closes freezes that no buyer agreed to in time. Answers how many.
    std::size_t expire(Timestamp now);

    // Newest first.
    std::vector<AuthOrder> newest(std::size_t limit) const;

private:
    struct Entry;
    using Due = std::multimap<Timestamp, Entry*>;
    struct Entry : AuthOrder {
        Due::iterator due;
    };

    Result<AuthOutcome> known(Entry& entry, const FreezeOrder& order);
    Result<Entry*> usable(std::string_view auth_no);
    Result<AuthOutcome> close(Entry& entry, Timestamp now);
    const Operation& add(Entry& entry, Operation operation, Timestamp now);
    void finish_if_empty(Entry& entry);
    void drop_due(Entry& entry);
    std::string new_number(Timestamp now, std::string_view kind);
    void forget_oldest();

    const AuthRules rules_;
    Entropy& entropy_;
    Watcher watcher_;
    std::list<Entry> orders_;  // Oldest first.
    std::unordered_map<std::string, Entry*> by_auth_no_;
    std::unordered_map<std::string, Entry*> by_number_;  // seller_id + '/' + out_order_no.
    std::unordered_map<std::string, Entry*> by_cashier_;
    Due due_;
    std::uint64_t made_ = 0;
};

}  // namespace tollgate::sandbox
