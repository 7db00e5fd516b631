#include "sandbox/notifier.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/time_text.h"

namespace tollgate::sandbox {
namespace {

// Alipay states none; longer than any answer that is not lost should take.
constexpr std::chrono::seconds kAnswerTimeMax{10};

transport::ClientRequest post_form(const Notice& notice, std::string body) {
    return {.url = notice.url,
            .headers = {{"Content-Type",
                         "application/x-www-form-urlencoded; charset=" + notice.charset},
                        {"User-Agent", "Mozilla/4.0"}},
            .body = std::move(body),
            .total_timeout = kAnswerTimeMax,
            .reply_bytes_max = 64 * 1024};
}

bool acknowledges(const Result<transport::ClientReply>& reply) {
    return reply && reply->status == 200 && reply->body == "success";
}

}  // namespace

std::string_view name_of(NotifyState state) {
    switch (state) {
        case NotifyState::waiting: return "waiting";
        case NotifyState::in_flight: return "in_flight";
        case NotifyState::acknowledged: return "acknowledged";
        case NotifyState::given_up: return "given_up";
    }
    TOLLGATE_CHECK(false);
}

void Notifier::queue(Notice notice) {
    if (notice.url.empty()) return;
    const Timestamp now = seams_.clock.now();
    auto entry = std::make_shared<Entry>();
    entry->notify_id = new_notify_id(now);
    entry->notice = std::move(notice);
    const std::lock_guard lock(mutex_);
    if (entries_.size() == kNotificationsMax) {
        stop_waiting(entries_.front());
        entries_.pop_front();
    }
    entries_.push_back(entry);
    wait_until(entry, now);
}

std::size_t Notifier::run_once(std::size_t limit) {
    const std::vector<Shared> due = take_due(limit);
    for (const Shared& entry : due) send(entry);
    return due.size();
}

std::optional<Timestamp> Notifier::next_due() const {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first;
}

Result<Done> Notifier::send_again(std::string_view notify_id) {
    const Timestamp now = seams_.clock.now();
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(
        entries_, [notify_id](const Shared& entry) { return entry->notify_id == notify_id; });
    if (found == entries_.end()) return Error(ErrorCode::not_found, "no such notification");
    if ((*found)->state == NotifyState::in_flight) {
        return Error(ErrorCode::failed_precondition, "an attempt is under way");
    }
    wait_until(*found, now);
    return Done{};
}

std::vector<Notification> Notifier::newest(std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<Notification> list;
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && list.size() < limit; ++entry) {
        list.push_back(**entry);
    }
    return list;
}

std::optional<std::chrono::nanoseconds> Notifier::first_sent_at(
    std::string_view out_trade_no) const {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        if ((*entry)->notice.out_trade_no == out_trade_no) return (*entry)->first_started;
    }
    return std::nullopt;
}

std::string Notifier::new_notify_id(Timestamp now) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::array<std::uint8_t, 13> random{};
    seams_.entropy.fill(random);
    std::string id = to_beijing(now).substr(0, 10);
    std::erase(id, '-');
    for (const std::uint8_t byte : random) {
        id += kHex[byte / 16U];
        id += kHex[byte % 16U];
    }
    return id;
}

// Counts the attempt before it is made.
std::vector<Notifier::Shared> Notifier::take_due(std::size_t limit) {
    const Timestamp now = seams_.clock.now();
    const std::lock_guard lock(mutex_);
    std::vector<Shared> due;
    while (due.size() < limit && !waiting_.empty() && waiting_.begin()->first <= now) {
        const Shared entry = waiting_.begin()->second;
        stop_waiting(entry);
        entry->state = NotifyState::in_flight;
        ++entry->attempts_made;
        entry->started = seams_.clock.monotonic();
        if (!entry->first_started) entry->first_started = entry->started;
        due.push_back(entry);
    }
    return due;
}

void Notifier::wait_until(const Shared& entry, Timestamp due_at) {
    stop_waiting(entry);
    entry->state = NotifyState::waiting;
    entry->due_at = due_at;
    waiting_.emplace(due_at, entry);
}

void Notifier::stop_waiting(const Shared& entry) {
    if (!entry->due_at) return;
    const auto [first, last] = waiting_.equal_range(*entry->due_at);
    const auto found = std::find_if(
        first, last, [&entry](const auto& waiting) { return waiting.second == entry; });
    if (found != last) waiting_.erase(found);
    entry->due_at.reset();
}

// Reads the entry's notice and id without the lock: they never change once it is queued.
void Notifier::send(const Shared& entry) {
    auto body = notification_body(entry->notice, entry->notify_id, seams_.clock.now(), key_);
    if (!body) return finish(entry, std::move(body).error());
    seams_.http.start(
        post_form(entry->notice, *std::move(body)),
        [this, entry](Result<transport::ClientReply> reply) { finish(entry, reply); });
}

void Notifier::finish(const Shared& entry, const Result<transport::ClientReply>& reply) {
    const Timestamp now = seams_.clock.now();
    const auto took = seams_.clock.monotonic();
    const std::lock_guard lock(mutex_);
    NotifyAttempt attempt{
        .at = now,
        .status = reply ? reply->status : 0,
        .answer = (reply ? reply->body : reply.error().message()).substr(0, kAnswerBytesMax),
        .took_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(took - entry->started).count()};
    if (entry->attempts.size() == kAttemptsKeptMax) {
        entry->attempts.erase(entry->attempts.begin());
    }
    entry->attempts.push_back(std::move(attempt));
    if (acknowledges(reply)) {
        entry->state = NotifyState::acknowledged;
        return;
    }
    const auto wait = schedule_.wait_after(entry->attempts_made);
    entry->state = NotifyState::given_up;
    if (wait) wait_until(entry, now + *wait);
    seams_.log.warning("sandbox.notification_not_acknowledged",
                       {{"out_trade_no", entry->notice.out_trade_no},
                        {"status", entry->attempts.back().status},
                        {"attempts", entry->attempts_made}});
}

}  // namespace tollgate::sandbox
