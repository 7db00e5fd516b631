#include "gateway/retention.h"

namespace tollgate::gateway {

void Retention::run_once() {
    if (under_way_) return;
    if (stage_ == Stage::over) {
        if (seams_.clock.monotonic() < next_pass_) return;
        next_pass_ = seams_.clock.monotonic() + kPassEvery;
        stage_ = Stage::bodies;
    }
    const auto limit = before(stage_);
    if (!limit) return note({});  // It is kept for ever.
    begin_step(*limit);
}

void Retention::begin_step(Timestamp before) {
    under_way_ = true;
    seams_.writer.submit(ledger::make_unit(
        [before, stage = stage_, after = after_](ledger::Books& books) {
            return stage == Stage::bodies
                       ? books.retention().drop_bodies(before, after, kRowsAStep)
                       : books.retention().drop_events(before, after, kRowsAStep);
        },
        [this](const Result<ledger::RetentionStep>& step) {
            if (step) {
                note(*step);
            } else {
                seams_.log.warning("retention.failed", {{"reason", step.error().message()}});
                stage_ = Stage::over;  // The next pass begins anew.
                after_ = 0;
            }
            under_way_ = false;
        }));
}

void Retention::note(const ledger::RetentionStep& step) {
    (stage_ == Stage::bodies ? bodies_ : events_) += step.removed;
    after_ = step.next;
    if (step.next != 0) return;
    stage_ = stage_ == Stage::bodies ? Stage::events : Stage::over;
    if (stage_ != Stage::over || bodies_ + events_ == 0) return;
    seams_.log.info("retention.removed", {{"bodies", bodies_}, {"events", events_}});
    bodies_ = 0;
    events_ = 0;
}

void Retention::turn_partitions() {
    if (seams_.clock.monotonic() < next_turn_) return;
    next_turn_ = seams_.clock.monotonic() + kPartitionsEvery;
    const ledger::PartitionAges ages{.bodies_before = before(settings_.bodies_days),
                                     .attempts_before = before(settings_.events_days)};
    if (const auto done = seams_.store.turn_partitions(seams_.clock.now(), ages); !done) {
        seams_.log.warning("retention.partitions_failed", {{"reason", done.error().message()}});
    }
}

std::optional<Timestamp> Retention::before(std::int64_t days) const {
    if (days == 0) return std::nullopt;
    return seams_.clock.now() + -std::chrono::hours(24 * days);
}

std::optional<Timestamp> Retention::before(Stage stage) const {
    return before(stage == Stage::bodies ? settings_.bodies_days : settings_.events_days);
}

}  // namespace tollgate::gateway
