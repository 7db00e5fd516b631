#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "ledger/payment.h"

// What is kept of comparisons with Alipay's bills, and what such a comparison reads.
namespace tollgate::ledger {

// The day of a merchant's that a bill is about; `date` is "yyyy-MM-dd" in GMT+8.
struct BillDay {
    std::string seller_id;
    std::string date;
};

enum class ReconciliationStatus {
    running,   // Or was, when its process ended: it is begun again.
    complete,  // Every line and every payment has its place.
    failed,    // Could not be compared; `failure` says why.
};

std::string_view name_of(ReconciliationStatus status);

struct Reconciliation {
    RowId row = 0;
    std::string id;  // "rec_…"
    BillDay day;
    ReconciliationStatus status = ReconciliationStatus::running;
    std::optional<std::string> bill_sha256;
    std::int64_t runs = 0;
    std::int64_t repaired = 0;           // Payments that it has moved, in all its runs.
    std::int64_t opened = 0;             // Differences that it has opened, in all its runs.
    std::optional<std::string> summary;  // JSON.
    std::optional<std::string> failure;
    Timestamp started_at;
    std::optional<Timestamp> finished_at;
};

// As much of a payment as a comparison needs, a million times over.
struct PaymentLine {
    RowId row = 0;
    std::string app;
    std::string out_trade_no;
    PaymentStatus status = PaymentStatus::pending;
    Money amount;
    std::optional<std::string> trade_no;
    Timestamp created_at;
    Timestamp updated_at;
    std::optional<Timestamp> paid_at;
};

struct RefundLine {
    RowId row = 0;
    RowId payment = 0;
    std::string app;
    std::string out_trade_no;
    std::optional<std::string> trade_no;  // Of its payment.
    std::string out_request_no;
    std::string status;
    std::string origin;
    Money amount;
    Timestamp refunded_at;  // Of a succeeded one: when it was, as far as we know.
};

// A stretch of a merchant's time, read page by page: (after_at, after_row) are the last line's.
struct Stretch {
    std::string_view seller_id;
    Timestamp from;
    Timestamp to;  // The first moment after it.
    Timestamp after_at{-1};
    RowId after_row = 0;
    int limit = 1'000;
};

// See the table day_boundary.
struct DayBoundary {
    enum class Status { kept, settled, opened };

    RowId payment = 0;
    RowId refund = 0;  // 0: the payment itself.
    BillDay ledger_day;
    std::optional<std::string> bill_date;
    Status status = Status::kept;
};

std::string_view name_of(DayBoundary::Status status);

// What can be asked for a comparison; see Reading.
class ReconciliationReading {
public:
    virtual ~ReconciliationReading() = default;

    virtual Result<std::optional<Reconciliation>> find(const BillDay& day) = 0;
    // When the merchant's first payment was made; nothing before there is one.
    virtual Result<std::optional<Timestamp>> first_payment_at(std::string_view seller_id) = 0;

    // In the order of paid_at, then row.
    virtual Result<std::vector<PaymentLine>> payments_paid(const Stretch& stretch) = 0;
    virtual Result<std::optional<PaymentLine>> payment_of(std::string_view seller_id,
                                                          std::string_view out_trade_no) = 0;
    virtual Result<std::optional<PaymentLine>> payment_by_row(RowId payment) = 0;
    // In the order of refunded_at, then row.
    virtual Result<std::vector<RefundLine>> refunds_succeeded(const Stretch& stretch) = 0;
    virtual Result<std::vector<RefundLine>> refunds_of(RowId payment) = 0;

    virtual Result<std::optional<DayBoundary>> boundary(RowId payment, RowId refund) = 0;
    virtual Result<std::vector<DayBoundary>> boundaries_kept(const BillDay& ledger_day) = 0;

    // Whether there is a difference of any of these classes, and whether it is still open.
    enum class Known { none, open, settled };
    virtual Result<Known> difference_known(std::string_view app, std::string_view trade_no,
                                           const std::vector<std::string_view>& classes) = 0;
};

// The writing half. Every call belongs to a unit of work; isolation and errors as in Books.
class ReconciliationBooks {
public:
    virtual ~ReconciliationBooks() = default;

    // Takes the day for one process, or keeps it; false while another has it. One that dies loses
    // it at `until`.
    virtual Result<bool> take_turn(const BillDay& day, Timestamp now, Timestamp until) = 0;

    // Begins the day's comparison, or begins it again; brings `reconciliation` up to date with what
    // earlier runs have left.
    virtual Result<Done> begin(Reconciliation& reconciliation) = 0;
    // What one unit has added.
    virtual Result<Done> count(const Reconciliation& reconciliation, std::int64_t repaired,
                               std::int64_t opened) = 0;
    // How it ended: status, summary or failure, and when.
    virtual Result<Done> finish(const Reconciliation& reconciliation) = 0;
    // Writes it, over what was there.
    virtual Result<Done> set_boundary(const DayBoundary& boundary) = 0;
};

}  // namespace tollgate::ledger
