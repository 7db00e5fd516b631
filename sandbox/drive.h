#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace tollgate::sandbox {

// What to buy, and where.
struct DriveSettings {
    std::string shop_url;    // "http://127.0.0.1:8620"
    std::string alipay_url;  // Where the pretend app listens; needed for product "app" only.
    std::string good = "bookmark";
    std::string product = "page";                // "page", "wap", "qr", "app"
    std::chrono::milliseconds deadline{30'000};  // Until the shop must know of the payment.
};

struct DriveReport {
    std::string order;
    std::string payment_id;
    std::string status;
    bool event_delivered = false;
    std::int64_t create_ms = 0;           // POST /v1/payments, as the shop measured it.
    std::int64_t notify_to_event_ms = 0;  // Alipay's first send to the event at the shop; -1 when
                                          // the shop learned of it in another way.
};

// Buys one thing as a person with a browser would: orders at the shop, opens the cashier, presses
// "pay", and looks at the order until the shop knows. Blocks until then.
// Errors: whatever stopped it, with the step in its message; unavailable at the deadline.
Result<DriveReport> drive_one_order(const DriveSettings& settings, Clock& clock);

}  // namespace tollgate::sandbox
