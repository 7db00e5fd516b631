#include "sandbox/notifier.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/time_text.h"

namespace tollgate::sandbox {
namespace {

// Alipay states none; longer than any answer that is not lost should take.
constexpr std::chrono::seconds kAnswerTimeMax{10};
// A notification that waits for a later one does not wait for ever.
constexpr std::chrono::seconds kHoldMax{30};

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

// Whether the entry's fault strikes this attempt.
bool struck(const Notification& entry, config::FaultAction action) {
    return entry.fault && entry.fault->action == action &&
           (entry.fault->attempts == 0 || entry.attempts_made <= entry.fault->attempts);
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
    using config::FaultAction;
    const Timestamp now = seams_.clock.now();
    const auto fault = seams_.faults == nullptr
                           ? std::nullopt
                           : seams_.faults->for_notification(notice.kind, notice.out_trade_no);
    const auto strikes = [&fault](FaultAction action) { return fault && fault->action == action; };
    if (strikes(FaultAction::wrong_amount)) {
        for (Field& field : notice.fields) {
            if (field.name == "total_amount") field.value = fault->amount;
        }
    }
    const std::string notify_id = new_notify_id(now);
    const std::int64_t copies = strikes(FaultAction::duplicate) ? fault->copies : 1;
    const Timestamp due_at = fault ? now + fault->delay : now;
    const std::lock_guard lock(mutex_);
    std::vector<Shared> held;
    if (!strikes(FaultAction::reorder)) held = take_held(notice.out_trade_no);
    for (std::int64_t i = 0; i < copies; ++i) add(notice, notify_id, due_at, fault);
    entries_.back()->go_after = std::move(held);
}

// One that is held back waits for kHoldMax at most, should no later one come.
void Notifier::add(Notice notice, const std::string& notify_id, Timestamp due_at,
                   const std::optional<config::FaultRule>& fault) {
    auto entry = std::make_shared<Entry>();
    entry->notify_id = notify_id;
    entry->notice = std::move(notice);
    entry->fault = fault;
    if (entries_.size() == kNotificationsMax) {
        const Shared oldest = entries_.front();
        stop_waiting(oldest);
        std::erase(held_back_, oldest);
        by_id_.erase(oldest->notify_id);
        const auto latest = by_out_trade_no_.find(oldest->notice.out_trade_no);
        if (latest != by_out_trade_no_.end() && latest->second == oldest) {
            by_out_trade_no_.erase(latest);
        }
        entries_.pop_front();
    }
    entries_.push_back(entry);
    by_id_.try_emplace(notify_id, entry);
    by_out_trade_no_.insert_or_assign(entry->notice.out_trade_no, entry);
    if (fault && fault->action == config::FaultAction::reorder) {
        held_back_.push_back(entry);
        return wait_until(entry, due_at + kHoldMax);
    }
    wait_until(entry, due_at);
}

std::vector<Notifier::Shared> Notifier::take_held(std::string_view out_trade_no) {
    const auto others = std::stable_partition(
        held_back_.begin(), held_back_.end(),
        [&](const Shared& entry) { return entry->notice.out_trade_no != out_trade_no; });
    std::vector<Shared> taken(others, held_back_.end());
    held_back_.erase(others, held_back_.end());
    return taken;
}

// Those that have not gone by themselves meanwhile.
void Notifier::let_go(const std::vector<Shared>& held, Timestamp now) {
    for (const Shared& entry : held) {
        if (entry->due_at && entry->attempts_made == 0) wait_until(entry, now);
    }
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
    const auto found = by_id_.find(std::string(notify_id));
    if (found == by_id_.end()) return Error(ErrorCode::not_found, "no such notification");
    if (found->second->state == NotifyState::in_flight) {
        return Error(ErrorCode::failed_precondition, "an attempt is under way");
    }
    wait_until(found->second, now);
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
    const auto found = by_out_trade_no_.find(std::string(out_trade_no));
    if (found == by_out_trade_no_.end()) return std::nullopt;
    return found->second->first_started;
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

Result<std::string> Notifier::body_of(const Entry& entry) const {
    using config::FaultAction;
    TOLLGATE_TRY(std::string body, notification_body(entry.notice, entry.notify_id,
                                                     seams_.clock.now(), seal_of(entry.notice)));
    if (struck(entry, FaultAction::garbled)) body.resize(body.size() / 2);
    if (struck(entry, FaultAction::wrong_signature)) {
        // One letter of the signature, which stands last, becomes another.
        const std::size_t at = body.rfind("sign=") + 5;
        if (at < body.size()) body[at] = body[at] == 'A' ? 'B' : 'A';
    }
    return body;
}

// By the certificate of now: a re-send after a renewal names another one.
NoticeSeal Notifier::seal_of(const Notice& notice) const {
    if (seams_.certificates == nullptr) return {.key = key_};
    const CertSnInNotice how = seams_.certificates->in_notices();
    if (how == CertSnInNotice::absent) return {.key = key_};
    return {.key = key_,
            .cert_sn = seams_.certificates->current_sn(value_of(notice.fields, "app_id")),
            .cert_sn_is_signed = how == CertSnInNotice::signed_too};
}

// Reads the entry's notice, id and fault without the lock: they never change once it is queued.
void Notifier::send(const Shared& entry) {
    if (struck(*entry, config::FaultAction::lose)) {
        return finish(entry, Error(ErrorCode::unavailable, "lost on purpose"));
    }
    auto body = body_of(*entry);
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
    let_go(std::exchange(entry->go_after, {}), now);
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
