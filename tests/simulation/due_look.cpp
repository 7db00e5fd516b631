#include "tests/simulation/due_look.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace tollgate::simulation {
namespace {

constexpr std::string_view kLater =
    "SELECT min(next_sweep_ms) FROM payment WHERE next_sweep_ms > ?";
constexpr std::string_view kSoon =
    "SELECT next_sweep_ms, calling_until_ms FROM payment INDEXED BY payment_due"
    " WHERE next_sweep_ms <= ? ORDER BY next_sweep_ms";

// The other kinds, each in the order in which they are due.
std::string all_of(const char* table) {
    const std::string name = table;
    return "SELECT next_sweep_ms, calling_until_ms FROM " + name + " INDEXED BY " + name +
           "_due WHERE next_sweep_ms IS NOT NULL ORDER BY next_sweep_ms";
}

// Looks only at those that could still come before `best`: none is due before its time.
bool look_for_earlier(Statement& in_order, std::int64_t& best) {
    for (;;) {
        const auto row = in_order.step();
        if (!row) return false;
        if (!*row || in_order.integer(0) >= best) return true;
        const std::int64_t lease = in_order.is_null(1) ? 0 : in_order.integer(1);
        best = std::min(best, std::max(in_order.integer(0), lease));
    }
}

// What is frozen is looked at every hour for as long as nobody takes it or lets it go.
constexpr std::string_view kNothing =
    "SELECT NOT EXISTS (SELECT 1 FROM delivery WHERE status = 'pending') AND"
    " NOT EXISTS (SELECT 1 FROM payment WHERE next_sweep_ms < ?) AND"
    " NOT EXISTS (SELECT 1 FROM refund WHERE next_sweep_ms IS NOT NULL) AND"
    " NOT EXISTS (SELECT 1 FROM refund_report WHERE next_sweep_ms IS NOT NULL) AND"
    " NOT EXISTS (SELECT 1 FROM preauthorisation WHERE status IN ('trying', 'confirming',"
    " 'cancelling')) AND"
    " (SELECT last FROM publication) >= (SELECT coalesce(max(id), 0) FROM event)";

}  // namespace

bool DueLook::open() {
    if (nothing_) return true;
    auto db = Database::open(file_, Database::Mode::read_only, vfs_);
    if (!db) return false;
    for (const std::string& sql : {std::string(kLater), std::string(kSoon), all_of("refund"),
                                   all_of("refund_report"), all_of("preauthorisation")}) {
        auto statement = db->prepare(sql);
        if (!statement) {
            next_.clear();
            return false;
        }
        next_.push_back(*std::move(statement));
    }
    auto nothing = db->prepare(kNothing);
    if (!nothing) {
        next_.clear();
        return false;
    }
    db_ = *std::move(db);
    nothing_ = *std::move(nothing);
    return true;
}

std::optional<Timestamp> DueLook::next(Timestamp soon) {
    if (!open()) return soon;
    constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
    std::int64_t best = kNever;
    next_[0].again().bind(1, soon.ms);
    next_[1].again().bind(1, soon.ms);
    const auto later = next_[0].step();
    bool well = later && *later;
    if (well && !next_[0].is_null(0)) best = next_[0].integer(0);
    for (std::size_t kind = 1; well && kind < next_.size(); ++kind) {
        well = look_for_earlier(next_[kind], best);
    }
    // Else they would keep what they have read from being moved.
    for (Statement& statement : next_) statement.again();
    return well && best != kNever ? std::optional(Timestamp{best}) : std::nullopt;
}

bool DueLook::nothing_until(Timestamp until) {
    if (!open()) return false;
    nothing_->again().bind(1, until.ms);
    const auto row = nothing_->step();
    const bool nothing = row && *row && nothing_->integer(0) == 1;
    nothing_->again();
    return nothing;
}

}  // namespace tollgate::simulation
