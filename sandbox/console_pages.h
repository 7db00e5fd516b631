#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/auth_order.h"
#include "sandbox/fault_box.h"
#include "sandbox/json.h"
#include "sandbox/notifier.h"
#include "sandbox/trade.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// What the pretend Alipay shows of itself: its trades, what is frozen, its notifications and their
// attempts.
struct ConsoleView {
    const std::vector<Trade>& trades;                // Newest first.
    const std::vector<AuthOrder>& freezes;           // Newest first.
    const std::vector<Notification>& notifications;  // Newest first.
    std::vector<FaultCount> faults = {};
    std::string_view nonce;  // For the forms.
};

transport::ServerResponse console_page(const ConsoleView& view,
                                       const transport::ServerRequest& request);

// {"trades":[…]}, {"freezes":[…]} and {"notifications":[…]}, for tests.
Json trades_json(const std::vector<Trade>& trades, std::string_view base_url);
Json freezes_json(const std::vector<AuthOrder>& freezes, std::string_view base_url);
Json notifications_json(const std::vector<Notification>& notifications);
// {"faults":[…]}: the rules and how often each has struck.
Json faults_json(const std::vector<FaultCount>& faults);

}  // namespace tollgate::sandbox
