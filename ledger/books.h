#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/figures.h"
#include "ledger/guard.h"
#include "ledger/lookup.h"
#include "ledger/outbox.h"
#include "ledger/payment.h"
#include "ledger/preauth_books.h"
#include "ledger/reconciliation.h"
#include "ledger/records.h"
#include "ledger/refund_books.h"
#include "ledger/retention.h"

namespace tollgate::ledger {

// What can be asked of the ledger. Within a unit of work the answers include what the unit itself
// and the units before it in the same batch have written; elsewhere only what is durable.
class Reading {
public:
    virtual ~Reading() = default;

    virtual Result<std::optional<Payment>> payment_by_id(std::string_view id) = 0;
    virtual Result<std::optional<Payment>> payment_by_number(std::string_view app,
                                                             std::string_view out_trade_no) = 0;
    virtual Result<std::optional<Payment>> payment_by_trade_no(std::string_view trade_no) = 0;
    // At most `limit`, the newest first.
    virtual Result<std::vector<Payment>> payments_of_order(std::string_view app,
                                                           std::string_view order, int limit) = 0;
    virtual Result<PaymentRequest> request_of(const Payment& payment) = 0;
    virtual Result<std::vector<TransitionRecord>> history_of(const Payment& payment) = 0;
    virtual Result<std::optional<SeenNotification>> notification(const NotificationKey& key) = 0;
    virtual Result<std::optional<IdempotencyRecord>> idempotency(std::string_view caller,
                                                                 std::string_view key) = 0;

    virtual Result<std::optional<Payment>> payment_by_row(RowId row) = 0;
    // True when a verified notification about it has passed every check.
    virtual Result<bool> was_notified(const Payment& payment) = 0;
    virtual Result<std::optional<SubmitToken>> submit_token(std::string_view caller,
                                                            std::string_view sha256) = 0;
    virtual Result<std::optional<DifferenceView>> difference(std::string_view id) = 0;
    // The one of this trade (or whatever else stands for it) and class, open or settled.
    virtual Result<std::optional<DifferenceView>> difference_about(
        std::string_view app, std::string_view trade_no, std::string_view difference_class) = 0;
    virtual Result<std::vector<DifferenceView>> differences(const DifferenceQuery& query) = 0;

    // See Figures; each is counted up to `rows_max`. For a thread that may wait.
    virtual Result<Figures> figures(Timestamp now, std::int64_t rows_max) = 0;

    // Events, endpoints and deliveries.
    virtual OutboxReading& outbox() = 0;
    // Comparisons with Alipay's bills.
    virtual ReconciliationReading& reconciliations() = 0;
    virtual RefundReading& refunds() = 0;
    virtual PreauthReading& preauths() = 0;
    virtual GuardReading& guard() = 0;
    // What people look for.
    virtual LookupReading& lookup() = 0;
};

// A payment's change of status, or of what else is news about it. Absent members stay.
struct PaymentChange {
    PaymentStatus to = PaymentStatus::pending;
    std::optional<std::string> trade_no;
    std::optional<Timestamp> paid_at;
    std::optional<Timestamp> next_sweep_at;  // Absent, of a final status, or held: cleared.
    std::optional<std::string> failure;
    bool late = false;  // Sets the flag; nothing ever clears it.
    bool surplus = false;
    bool close_requested = false;
    bool held = false;
    bool release = false;            // Clears `held`: its difference is settled.
    std::optional<bool> cancelling;  // Absent: as it was.
};

// The one hand that writes. Every call belongs to a unit of work and is undone with it.
//
// Isolation: the unit sees one state of the ledger and nobody writes in between what it has read
// (SQLite: one writer; PostgreSQL: payments, refunds, pre-authorisations, keys and tokens are
// locked as they are read). So no update is lost; no two units add to a sum that both have read
// (refunds().of()) or decide on the same order (payments_of_order()); and who looks for a key and
// finds none either takes it or runs again. tests/ledger/isolation_test.cpp shows it of both.
//
// An engine may put a write off: its error then comes with a later call, with the unit's end or
// with the COMMIT, and the unit fails or runs again as if the call itself had failed. Errors:
// stale_version when a row is no longer as it was read, conflict when a unique key is taken,
// unavailable when the disk is full or busy, data_corruption.
class Books {
public:
    virtual ~Books() = default;

    // The unit's own view: includes what it has written.
    virtual Reading& read() = 0;

    // Gives payment.row. Errors: conflict when (app, out_trade_no) or (seller_id, out_trade_no) is
    // taken.
    virtual Result<Done> add_payment(Payment& payment, const PaymentRequest& request,
                                     const Origin& origin) = 0;

    // Moves it one step along, writes the transition, and brings `payment` up to date. The step
    // itself is the state table's business: see callbacks/promotion.h.
    virtual Result<Done> change_payment(Payment& payment, const PaymentChange& change,
                                        const Origin& origin, Timestamp now) = 0;

    // The remainder moves no status and makes no version: nobody outside sees it as news.
    virtual Result<Done> set_action(const Payment& payment, std::string_view action_json) = 0;
    virtual Result<Done> set_calling(Payment& payment, std::optional<Timestamp> until) = 0;
    virtual Result<Done> set_next_sweep(Payment& payment, Timestamp at) = 0;
    // Ends the lease, and says when somebody must look again.
    virtual Result<Done> rest(Payment& payment, std::optional<Timestamp> next_sweep_at) = 0;

    // Takes payments whose next_sweep_at has come and that nobody holds a lease on, the most
    // overdue first, until `until`: two claimers never get the same one.
    virtual Result<std::vector<Payment>> claim_due_payments(Timestamp now, Timestamp until,
                                                            int limit) = 0;

    // A one-time token, by its SHA-256.
    virtual Result<Done> add_submit_token(const SubmitToken& token, Timestamp now) = 0;
    // One statement decides: false when it is not there, is another caller's, has been used (but
    // for a payment that failed), or has expired.
    virtual Result<bool> take_submit_token(const TakenToken& taken, Timestamp now) = 0;
    virtual Result<Done> drop_expired_tokens(Timestamp now, int limit) = 0;

    // Errors: conflict when its key is already there (look with notification() first).
    virtual Result<RowId> add_notification(const NotificationRecord& record) = 0;
    // Keeps an unverified one, and drops the app's oldest beyond `kept_max`.
    virtual Result<Done> add_unverified(const NotificationRecord& record,
                                        std::int64_t kept_max) = 0;

    // False: it was opened before.
    virtual Result<bool> open_difference(const DifferenceRecord& record) = 0;
    // Gives one that was opened before the record's evidence, and opens it again if it was settled.
    // Errors: stale_version when somebody has settled it since it was read.
    virtual Result<Done> renew_difference(const DifferenceView& known,
                                          const DifferenceRecord& record) = 0;
    // Errors: stale_version when it is settled already.
    virtual Result<Done> settle_difference(const DifferenceView& difference,
                                           std::string_view settlement_json, Timestamp now) = 0;

    // Writes the event, without a number and without deliveries: whoever delivers does that next,
    // in a unit of his own (Outbox::unpublished_events).
    virtual Result<Done> add_event(const EventRecord& event) = 0;

    // How many events this connection has written so far, undone ones included: when it has grown,
    // there may be something to deliver.
    virtual std::uint64_t events_added() const = 0;

    // How events leave the ledger.
    virtual Outbox& outbox() = 0;
    virtual ReconciliationBooks& reconciliations() = 0;
    virtual RefundBooks& refunds() = 0;
    virtual PreauthBooks& preauths() = 0;
    virtual RetentionBooks& retention() = 0;
    virtual GuardBooks& guard() = 0;

    // Begins (or takes over, once running_until is past) the key for a request at work.
    virtual Result<Done> begin_idempotency(const IdempotencyRecord& record, Timestamp now) = 0;
    virtual Result<Done> store_answer(const IdempotencyRecord& record, Timestamp now) = 0;
    // The request ended without a final answer: the next one under the key goes on.
    virtual Result<Done> release_idempotency(std::string_view caller, std::string_view key) = 0;
    virtual Result<Done> drop_expired_idempotency(Timestamp now, int limit) = 0;

    // What an operator is about to do, and what became of it. Errors: stale_version when no such
    // action is open.
    virtual Result<Done> begin_action(const ActionRecord& action) = 0;
    virtual Result<Done> finish_action(std::string_view id, std::int64_t status,
                                       std::string_view after_json, Timestamp now) = 0;

    // Writes something, whatever else there is to write: succeeds when the disk is well.
    virtual Result<Done> beat(Timestamp now) = 0;
};

}  // namespace tollgate::ledger
