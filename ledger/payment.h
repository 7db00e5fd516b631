#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/money.h"
#include "ledger/payment_status.h"

namespace tollgate::ledger {

// The store's own number of a row; never leaves the process.
using RowId = std::int64_t;

// One try to have one order paid. What changes, changes through Books, one version at a time.
struct Payment {
    RowId row = 0;
    std::string id;  // "pay_…", what the outside knows it by.
    std::string app;
    std::string out_trade_no;
    std::string seller_id;
    PaymentStatus status = PaymentStatus::pending;
    std::int64_t version = 1;
    std::string product;
    Money amount;
    std::string subject;
    std::optional<std::string> order;     // The shop's own number.
    std::optional<std::string> metadata;  // A JSON object, as text.
    std::optional<std::string> trade_no;
    Timestamp created_at;
    Timestamp updated_at;
    Timestamp expires_at;  // The time_expire that Alipay was told.
    std::optional<Timestamp> paid_at;
    std::optional<Timestamp> next_sweep_at;
    std::optional<Timestamp> calling_until;
    bool late = false;             // The money came after `closed` or `failed`.
    bool surplus = false;          // Another payment of the same order was paid before.
    bool held = false;             // Out of the ladder until somebody settles its difference.
    bool close_requested = false;  // Paid although somebody had asked to close it.
    bool cancelling = false;       // `closing` by Alipay's cancel, which sends back what has come.
    std::optional<std::string> failure;
};

// What was asked, and what the caller does next.
struct PaymentRequest {
    std::string fingerprint;  // The fields that make a repeat the same request, as a JSON object.
    std::optional<std::string> return_url;
    std::optional<std::string> action;  // JSON; absent until a call has given it.
};

// Why a payment changed, for its history.
enum class Cause { api, notification, query, bill, timer, operator_ };

std::string_view name_of(Cause cause);

struct Origin {
    Cause cause = Cause::api;
    std::string cause_id;    // The notification's, call's or operator's own number.
    std::string request_id;  // Of the request in which it happened.
};

// The JSON object that the API and the events show of a payment. One form everywhere.
std::string to_json(const Payment& payment);

}  // namespace tollgate::ledger
