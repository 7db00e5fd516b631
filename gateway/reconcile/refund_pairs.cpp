#include "gateway/reconcile/refund_pairs.h"

#include <algorithm>

namespace tollgate::gateway::reconcile {
namespace {

using ledger::RefundLine;

class Pairing {
public:
    Pairing(const std::vector<BilledRefund>& lines, const std::vector<RefundLine>& ours)
        : lines_(lines), ours_(ours), pairs_(lines.size()), taken_(ours.size(), false) {}

    std::vector<RefundPair> run() {
        pair_each([](const BilledRefund& line, const RefundLine& refund) {
            return !line.out_request_no.empty() && line.out_request_no == refund.out_request_no;
        });
        pair_each([](const BilledRefund& line, const RefundLine& refund) {
            const bool numberless = line.out_request_no.empty() || is_stand_in(refund);
            return numberless && line.amount == refund.amount;
        });
        pair_parts();
        return std::move(pairs_);
    }

private:
    template <typename Fits>
    void pair_each(Fits fits) {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            for (std::size_t j = 0; j < ours_.size() && pairs_[i].ours == nullptr; ++j) {
                if (taken_[j] || !fits(lines_[i], ours_[j])) continue;
                pairs_[i].ours = &ours_[j];
                taken_[j] = true;
            }
        }
    }

    // A cancel that finds its trade refunded says no more than that money went back: it may have
    // gone in several refunds.
    void pair_parts() {
        const auto stand_in = std::ranges::find_if(ours_, is_stand_in);
        if (stand_in == ours_.end()) return;
        if (taken_[static_cast<std::size_t>(stand_in - ours_.begin())]) return;
        std::int64_t left_fen = 0;
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (pairs_[i].ours == nullptr) left_fen += lines_[i].amount.fen();
        }
        for (RefundPair& pair : pairs_) {
            if (pair.ours != nullptr) continue;
            if (left_fen == stand_in->amount.fen()) {
                pair = {.ours = &*stand_in, .is_part = true};
            } else {
                pair.may_be_part = true;
            }
        }
    }

    const std::vector<BilledRefund>& lines_;
    const std::vector<RefundLine>& ours_;
    std::vector<RefundPair> pairs_;
    std::vector<bool> taken_;
};

}  // namespace

bool is_stand_in(const RefundLine& refund) {
    return refund.origin == "cancel" && refund.out_request_no == refund.out_trade_no;
}

std::vector<RefundPair> pair_refunds(const std::vector<BilledRefund>& lines,
                                     const std::vector<RefundLine>& ours) {
    return Pairing(lines, ours).run();
}

}  // namespace tollgate::gateway::reconcile
