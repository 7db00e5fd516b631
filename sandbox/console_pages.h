#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/json.h"
#include "sandbox/notifier.h"
#include "sandbox/trade.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// What the pretend Alipay shows of itself: its trades, its notifications and their attempts.
struct ConsoleView {
    const std::vector<Trade>& trades;                // Newest first.
    const std::vector<Notification>& notifications;  // Newest first.
    std::string_view nonce;                          // For the "send again" forms.
};

transport::ServerResponse console_page(const ConsoleView& view,
                                       const transport::ServerRequest& request);

// {"trades":[…]} and {"notifications":[…]}, for tests.
Json trades_json(const std::vector<Trade>& trades, std::string_view base_url);
Json notifications_json(const std::vector<Notification>& notifications);

}  // namespace tollgate::sandbox
