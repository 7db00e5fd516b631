#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/beijing_day.h"
#include "base/clock.h"
#include "base/money.h"
#include "callbacks/app.h"
#include "gateway/bill/bill_table.h"
#include "gateway/reconcile/refund_pairs.h"
#include "ledger/reconciliation.h"

// Where a bill and the ledger disagree, and what kind of disagreement it is. All pure.
namespace tollgate::gateway::reconcile {

// The classes, in the order in which reports list them; docs/reconciliation.md says what to do.
enum class BillClass {
    missing_here,       // Money came to one of our apps, and the ledger has no such payment.
    missing_at_alipay,  // The ledger has it as paid, and no bill that could tell of it does.
    amount_differs,     // Of one payment: the order's amount, or what the fund bill says came in.
    trade_no_differs,   // The number is ours, Alipay's trade is another one.
    status_behind,      // Alipay says paid, the ledger does not. Repaired where all else fits.
    status_ahead,       // The ledger says all was refunded, the bills show less.
    refund_differs,  // A refund that only one side has, or whose amounts differ; or what the fund
                     // bill says went out.
    fee_differs,     // The trade bill's fee is not what the fund bill took.
    day_boundary,    // Kept for the neighbouring day's bill. No difference yet.
    foreign,         // A line of no configured app. No difference.
};
inline constexpr std::size_t kBillClasses = 10;

std::string_view name_of(BillClass bill_class);

// Whether somebody has to look: of all but day_boundary and foreign.
bool is_difference(BillClass bill_class);

// The classes under which a notification or a query may have opened a difference over the same fact
// already.
std::vector<std::string_view> other_names_of(BillClass bill_class);

struct BilledPayment {
    Money amount;
    std::string_view trade_no;
    Timestamp done_at;
};

// A payment line beside our payment of its number; nothing when they agree.
std::optional<BillClass> compare_payment(const BilledPayment& billed,
                                         const ledger::PaymentLine& ours);

// Of status_behind: the bill may move our payment by itself. A line of money that came before the
// payment was made tells of something else.
bool may_repair(const BilledPayment& billed, const ledger::PaymentLine& ours);

// A refund line beside our refund, if we have one; nothing when they agree.
std::optional<BillClass> compare_refund(Money billed, const RefundPair& pair);

// What both sides know to have been given back of a payment that is `refunded`.
struct GivenBack {
    Money here;   // Our succeeded refunds.
    Money there;  // The day's refund lines.
};
bool claims_too_much(const ledger::PaymentLine& ours, const GivenBack& given_back,
                     const BeijingDay& day);

// What the trade bill says of one number in all its lines.
struct BilledSums {
    std::int64_t received_fen = 0;
    std::int64_t given_back_fen = 0;
    std::int64_t fee_fen = 0;  // Of payments, less that of refunds.
};
// Beside the fund bill's word. Only what the fund bill ties to this number is compared.
std::optional<BillClass> compare_funds(const BilledSums& billed, const bill::FundSums& funds);

// In which neighbouring day's bill a line may stand, of what we know for `at`.
struct Neighbours {
    bool previous = false;
    bool next = false;
};
// Clocks differ by little, but a refund's success may be proved hours after it happened, and so may
// the payment that a cancel found to be refunded.
Neighbours payment_neighbours(Timestamp at);
Neighbours refund_neighbours(Timestamp at);

// One of the merchant's apps, and how its numbers begin.
struct AppNumbers {
    std::string app;
    std::vector<std::string> prefixes;   // Empty: it claims every number.
    callbacks::PaymentRules rules = {};  // For money that comes late or twice.
};

// The app that a line of an unknown number belongs to; null: it is foreign. Without an order
// number, or made before our first payment, it cannot be ours.
const AppNumbers* owner_of(std::string_view out_trade_no, Timestamp done_at,
                           std::optional<Timestamp> first_payment_at,
                           const std::vector<AppNumbers>& apps);

}  // namespace tollgate::gateway::reconcile
