#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "sandbox/certificate_box.h"
#include "sandbox/fault_box.h"
#include "sandbox/notice.h"
#include "sandbox/resend_schedule.h"
#include "sandbox/rsa.h"
#include "transport/http_client.h"

namespace tollgate::sandbox {

// One try to deliver a notification.
struct NotifyAttempt {
    Timestamp at;
    int status = 0;      // 0: no whole answer came.
    std::string answer;  // The beginning of the answer, or why there is none.
    std::int64_t took_ms = 0;
};

enum class NotifyState { waiting, in_flight, acknowledged, given_up };
std::string_view name_of(NotifyState state);

struct Notification {
    std::string notify_id;
    Notice notice;
    NotifyState state = NotifyState::waiting;
    std::optional<Timestamp> due_at;  // While waiting.
    int attempts_made = 0;
    std::vector<NotifyAttempt> attempts;
    std::optional<config::FaultRule> fault = {};  // What goes wrong with it on purpose.
};

struct NotifierSeams {
    Clock& clock;
    Entropy& entropy;
    Log& log;
    transport::HttpClient& http;
    FaultBox* faults = nullptr;                    // None: nothing goes wrong on purpose.
    const CertificateBox* certificates = nullptr;  // None: every application is in key mode.
};

// The pretend Alipay's notifications: sends what is due until the answer is exactly "success".
// Kept in memory, bounded. Safe to use from several threads. Whoever owns it must end the client's
// requests before it goes.
class Notifier {
public:
    static constexpr std::size_t kNotificationsMax = 20'000;
    static constexpr std::size_t kAttemptsKeptMax = 40;  // Of one notification, newest.
    static constexpr std::size_t kAnswerBytesMax = 512;

    Notifier(ResendSchedule schedule, const PrivateKey& key, NotifierSeams seams)
        : schedule_(schedule), key_(key), seams_(seams) {}

    // Sends it as soon as run_once() is called; a notice without address is dropped.
    void queue(Notice notice);

    // Starts up to `limit` attempts that are due; answers how many.
    std::size_t run_once(std::size_t limit);

    // When the next attempt is due, if any waits.
    std::optional<Timestamp> next_due() const;

    // One more attempt at once, whatever became of the earlier ones. Errors: not_found;
    // failed_precondition while an attempt is under way.
    Result<Done> send_again(std::string_view notify_id);

    // Newest first.
    std::vector<Notification> newest(std::size_t limit) const;

    // When (monotonic) the first attempt for this order number began.
    std::optional<std::chrono::nanoseconds> first_sent_at(std::string_view out_trade_no) const;

private:
    struct Entry : Notification {
        std::chrono::nanoseconds started{};  // Of the latest attempt.
        std::optional<std::chrono::nanoseconds> first_started;
        std::vector<std::shared_ptr<Entry>> go_after;  // Held back until this one has been sent.
    };
    using Shared = std::shared_ptr<Entry>;

    void add(Notice notice, const std::string& notify_id, Timestamp due_at,
             const std::optional<config::FaultRule>& fault);
    std::vector<Shared> take_held(std::string_view out_trade_no);
    void let_go(const std::vector<Shared>& held, Timestamp now);
    Result<std::string> body_of(const Entry& entry) const;
    NoticeSeal seal_of(const Notice& notice) const;
    std::string new_notify_id(Timestamp now);
    std::vector<Shared> take_due(std::size_t limit);
    void wait_until(const Shared& entry, Timestamp due_at);
    void stop_waiting(const Shared& entry);
    void send(const Shared& entry);
    void finish(const Shared& entry, const Result<transport::ClientReply>& reply);

    ResendSchedule schedule_;
    const PrivateKey& key_;
    NotifierSeams seams_;

    mutable std::mutex mutex_;
    std::list<Shared> entries_;  // Oldest first; guarded by mutex_, as is what they point to.
    std::multimap<Timestamp, Shared> waiting_;  // By due_at; guarded by mutex_.
    std::vector<Shared> held_back_;  // No later one of their order is known; guarded by mutex_.
    std::unordered_map<std::string, Shared> by_id_;  // The first of each; guarded by mutex_.
    std::unordered_map<std::string, Shared> by_out_trade_no_;  // The latest; guarded by mutex_.
};

}  // namespace tollgate::sandbox
