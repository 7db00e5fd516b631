#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"
#include "ledger/payment.h"

namespace tollgate::ledger {

// Where a pre-authorisation stands: try, then confirm or cancel, never both.
enum class PreauthStatus {
    trying,      // Being frozen, or waiting for the buyer to agree.
    frozen,      // Alipay has signed that the buyer's money is frozen.
    confirming,  // Being paid from what is frozen; the rest is let go with it.
    confirmed,   // Paid: there is a payment.
    cancelling,  // Being let go; it can no longer be confirmed.
    cancelled,   // Nothing is frozen any more, and nothing was taken by us.
    failed,      // Nothing was ever frozen.
};

inline constexpr std::array kPreauthStatuses = {
    PreauthStatus::trying,    PreauthStatus::frozen,     PreauthStatus::confirming,
    PreauthStatus::confirmed, PreauthStatus::cancelling, PreauthStatus::cancelled,
    PreauthStatus::failed,
};

std::string_view name_of(PreauthStatus status);
std::optional<PreauthStatus> preauth_status_from(std::string_view name);

struct Preauthorisation {
    RowId row = 0;
    std::string id;  // "pre_…"
    std::string app;
    std::string out_auth_no;  // The caller's number; that of the freeze and of the payment, too.
    std::string seller_id;
    PreauthStatus status = PreauthStatus::trying;
    std::int64_t version = 1;
    std::string product;  // "qr", "barcode", "app"
    Money amount;         // Nothing: it was cancelled before it was tried.
    std::string subject;
    std::string fingerprint;            // What makes a repeat the same request, as a JSON object.
    std::optional<std::string> action;  // JSON.
    std::optional<Money> capture;       // What the confirm takes; the first one decides.
    std::optional<std::string> auth_no;
    std::optional<std::string> payer_id;
    std::optional<RowId> payment;
    Timestamp created_at;
    Timestamp updated_at;
    Timestamp expires_at;  // Until then the buyer may agree.
    std::optional<Timestamp> frozen_at;
    std::optional<Timestamp> next_sweep_at;
    std::optional<Timestamp> calling_until;
    bool ask_next = false;  // What is due is a query, for the call before it has proved nothing.
    bool refused = false;  // Alipay has refused to pay, or has let it go: once the query agrees, it
                           // did not pay.
    std::int64_t attempts = 0;  // Since its status last changed.
    std::optional<std::string> failure;
};

// True when it was cancelled before anybody had tried it.
bool is_empty_cancel(const Preauthorisation& preauth);

// The JSON object that the API and the events show.
std::string to_json(const Preauthorisation& preauth);

}  // namespace tollgate::ledger
