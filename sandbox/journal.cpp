#include "sandbox/journal.h"

#include "base/time_text.h"

namespace tollgate::sandbox {
namespace {

// So that a merchant who only refunds does not owe money at once.
constexpr std::int64_t kFirstBalanceFen = 1'000'000;

Movement movement_of(const Trade& trade) {
    return {.trade_no = trade.trade_no,
            .out_trade_no = trade.order.out_trade_no,
            .out_request_no = "",
            .subject = trade.order.subject,
            .store_id = trade.order.store_id,
            .operator_id = trade.order.operator_id,
            .terminal_id = trade.order.terminal_id,
            .buyer_logon_id = masked(trade.order.buyer.logon_id),
            .created_at = trade.created_at};
}

}  // namespace

std::string day_of(Timestamp at) {
    return to_beijing(at).substr(0, 10);
}

void Journal::add_payment(const Trade& trade) {
    Movement movement = movement_of(trade);
    movement.at = *trade.paid_at;
    movement.amount = trade.order.total;
    movement.fee = fee_of(movement.amount);
    add(trade, std::move(movement));
}

void Journal::add_refund(const Trade& trade, const Refund& refund) {
    Movement movement = movement_of(trade);
    movement.is_refund = true;
    movement.out_request_no = refund.out_request_no;
    movement.at = refund.at;
    movement.amount = refund.amount;
    movement.fee = fee_of(movement.amount);
    add(trade, std::move(movement));
}

std::vector<Movement> Journal::of(std::string_view seller_id, std::string_view day) const {
    std::vector<Movement> found;
    for (auto days = by_day_.lower_bound(std::string(day));
         days != by_day_.end() && days->first.starts_with(day); ++days) {
        const auto seller = days->second.find(std::string(seller_id));
        if (seller == days->second.end()) continue;
        found.insert(found.end(), seller->second.begin(), seller->second.end());
    }
    return found;
}

bool Journal::has(std::string_view seller_id, std::string_view day) const {
    for (auto days = by_day_.lower_bound(std::string(day));
         days != by_day_.end() && days->first.starts_with(day); ++days) {
        if (days->second.contains(std::string(seller_id))) return true;
    }
    return false;
}

void Journal::add(const Trade& trade, Movement movement) {
    const std::string& seller = trade.order.seller_id;
    std::int64_t& balance = balance_fen_.try_emplace(seller, kFirstBalanceFen).first->second;
    const std::int64_t net = movement.amount.fen() - movement.fee.fen();
    balance += movement.is_refund ? -net : net;
    movement.balance = Money::from_fen(balance);
    by_day_[day_of(movement.at)][seller].push_back(std::move(movement));
    ++kept_;
    while (kept_ > movements_max_ && by_day_.size() > 1) {
        for (const auto& [unused, list] : by_day_.begin()->second) kept_ -= list.size();
        by_day_.erase(by_day_.begin());
    }
}

// Half a fen counts as a whole one.
Money Journal::fee_of(Money amount) const {
    return Money::from_fen((amount.fen() * fee_basis_points_ + 5'000) / 10'000);
}

}  // namespace tollgate::sandbox
