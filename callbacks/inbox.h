#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/tally.h"
#include "base/tracer.h"
#include "callbacks/app.h"
#include "callbacks/record_notification.h"
#include "callbacks/rejects.h"
#include "ledger/writer.h"
#include "transport/router.h"

namespace tollgate::callbacks {

// All must outlive the inbox, and every ticket it holds.
struct InboxSeams {
    ledger::Writer& writer;
    Rejects& rejects;
    Clock& clock;
    Entropy& entropy;
    Log& log;
    Tracer* tracer = nullptr;  // Null: there are no traces.
};

// POST /alipay/{app}/notify and /alipay/{app}/gateway (msg_method messages): decode once, verify,
// record, answer.
//
// The seven bytes `success` leave after the COMMIT that keeps the notification, never before;
// everything else is answered `fail`: 400 when it is refused, 404 for an app that is not ours, 503
// when it could not be kept. The app, and with it the key, is chosen by the URL's path, never by
// the unverified body.
class Inbox {
public:
    Inbox(const Apps& apps, InboxSeams seams);

    // A transport::Handler; the route's only capture is the app.
    void notify(transport::ServerRequest& request, transport::Ticket ticket);

    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t duplicate = 0;
        std::uint64_t stale = 0;
        std::uint64_t ignored = 0;
        std::uint64_t rejected = 0;     // Verified, but failed a check.
        std::uint64_t unavailable = 0;  // Could not be kept.
    };
    Counters counters() const;
    // From the moment at which Alipay says that it sent a verified notification until it was here;
    // Alipay names whole seconds.
    Tally::Reading lag_ms() const { return lag_ms_.read(); }

private:
    void refuse(const AppRef& app, transport::ServerRequest& request, const Error& error,
                transport::Ticket ticket);
    void note_lag(const VerifiedNotification& notification);
    void answer(const VerifiedNotification& notification,
                const Result<NotificationOutcome>& outcome, transport::Ticket ticket);

    struct Counts {
        std::atomic<std::uint64_t> accepted = 0;
        std::atomic<std::uint64_t> duplicate = 0;
        std::atomic<std::uint64_t> stale = 0;
        std::atomic<std::uint64_t> ignored = 0;
        std::atomic<std::uint64_t> rejected = 0;
        std::atomic<std::uint64_t> unavailable = 0;
    };
    void count(const NotificationOutcome& outcome);

    const Apps& apps_;
    InboxSeams seams_;
    Counts counts_;
    Tally lag_ms_;
};

}  // namespace tollgate::callbacks
