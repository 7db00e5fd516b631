#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "ledger/books.h"
#include "ledger/unit.h"
#include "signing/fields.h"

namespace tollgate::callbacks {

// A notification whose signature has verified.
struct VerifiedNotification {
    AppRef app;
    // Decoded and in UTF-8; nothing when the bytes are no text in the charset it names.
    std::optional<signing::Fields> fields;
    std::string notify_id;  // The dedup key: its own, or "sha256:…" of its content if it has none.
    std::string body;       // As it came.
    std::string headers;    // JSON.
    std::string request_id;
    Timestamp received_at;
};

struct NotificationOutcome {
    bool duplicate = false;  // Of a row that was there before; then `verdict` is that row's.
    ledger::Verdict verdict = ledger::Verdict::rejected;
    std::string reason;
    std::string payment_id;  // Empty when it has none.
    std::string opened;      // The class of a difference that this one opened, or empty.

    // What Alipay hears: `success` for all that is kept and needs no repeat.
    bool success() const { return verdict != ledger::Verdict::rejected; }
};

// The unit of work for one verified notification: dedup row, transition and event together. Reads
// everything it decides on through `books`. Errors: those of Books.
Result<NotificationOutcome> record_notification(ledger::Books& books,
                                                const VerifiedNotification& notification,
                                                Entropy& entropy);

// What that unit will look for first.
void foresee(const VerifiedNotification& notification, ledger::Foresight& keys);

}  // namespace tollgate::callbacks
