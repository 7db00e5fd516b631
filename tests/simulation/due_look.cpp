#include "tests/simulation/due_look.h"

#include <utility>

namespace tollgate::simulation {
namespace {

constexpr std::string_view kNext =
    "SELECT min(due) FROM ("
    "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) AS due FROM payment"
    " WHERE next_sweep_ms <= ?1 UNION ALL "
    "SELECT min(next_sweep_ms) FROM payment WHERE next_sweep_ms > ?1 UNION ALL "
    "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) FROM refund"
    " WHERE next_sweep_ms IS NOT NULL UNION ALL "
    "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) FROM refund_report"
    " WHERE next_sweep_ms IS NOT NULL UNION ALL "
    "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) FROM preauthorisation"
    " WHERE next_sweep_ms IS NOT NULL)";

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
    if (next_ && nothing_) return true;
    auto db = Database::open(file_, Database::Mode::read_only, vfs_);
    if (!db) return false;
    auto next = db->prepare(kNext);
    auto nothing = db->prepare(kNothing);
    if (!next || !nothing) return false;
    db_ = *std::move(db);
    next_ = *std::move(next);
    nothing_ = *std::move(nothing);
    return true;
}

std::optional<Timestamp> DueLook::next(Timestamp soon) {
    if (!open()) return soon;
    next_->again().bind(1, soon.ms);
    const auto row = next_->step();
    std::optional<Timestamp> due;
    if (row && *row && !next_->is_null(0)) due = Timestamp{next_->integer(0)};
    next_->again();  // Else it would keep what it has read from being moved.
    return due;
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
