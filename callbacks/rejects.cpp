#include "callbacks/rejects.h"

#include "signing/notification.h"

namespace tollgate::callbacks {

bool Rejects::admit(Timestamp now) {
    const std::int64_t second = now.ms / 1000;
    if (second != second_) {
        second_ = second;
        admitted_ = 0;
    }
    return admitted_ < options_.per_second &&
           line_.size() < static_cast<std::size_t>(options_.per_second) * 4;
}

void Rejects::note(UnverifiedNotification notification) {
    const std::lock_guard lock(mutex_);
    ++counters_.noted;
    ++by_reason_[notification.reason];
    if (!admit(notification.received_at)) return;
    ++admitted_;
    line_.push_back(std::move(notification));
}

int Rejects::run_once(int limit) {
    for (int taken = 0; taken < limit; ++taken) {
        UnverifiedNotification notification;
        {
            const std::lock_guard lock(mutex_);
            if (line_.empty()) return taken;
            notification = std::move(line_.front());
            line_.pop_front();
        }
        const App& app = *notification.app;
        const auto hint =
            signing::explain_notification(notification.body, app.alipay, &app.public_key);
        log_.warning("notification.unverified", {{"app", app.id},
                                                 {"request_id", notification.request_id},
                                                 {"reason", notification.reason},
                                                 {"hint", hint.code},
                                                 {"detail", notification.detail}});
        ledger::NotificationRecord record;
        record.app = app.id;
        record.kind = "unverified";
        record.verdict = ledger::Verdict::rejected;
        record.reason = notification.reason;
        record.hint = hint.code + ": " + hint.text;
        record.received_at = notification.received_at;
        record.headers = std::move(notification.headers);
        record.body = std::move(notification.body);
        writer_.submit(ledger::make_unit(
            [record = std::move(record), kept = options_.kept_max](ledger::Books& books) {
                return books.add_unverified(record, kept);
            },
            [this](Result<Done> outcome) {
                if (!outcome) {
                    log_.warning("notification.unverified_not_kept",
                                 {{"reason", outcome.error().message()}});
                    return;
                }
                const std::lock_guard lock(mutex_);
                ++counters_.stored;
            }));
    }
    return limit;
}

std::map<std::string, std::uint64_t> Rejects::by_reason() const {
    const std::lock_guard lock(mutex_);
    return by_reason_;
}

Rejects::Counters Rejects::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

}  // namespace tollgate::callbacks
