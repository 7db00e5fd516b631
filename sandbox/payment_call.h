#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "sandbox/order_book.h"
#include "transport/http_client.h"

namespace tollgate::sandbox {

// How the shop reaches the gateway.
struct GatewayAccess {
    std::string url;  // "http://127.0.0.1:8601"
    std::string app;
    Secret api_key;
};

// POST /v1/payments for the order. Made anew for each try it is the same request: its
// Idempotency-Key is the order's out_trade_no.
transport::ClientRequest create_payment_request(const GatewayAccess& gateway,
                                                const ShopOrder& order, std::string_view shop_url);

// What the gateway answered. Errors: the client's own, or unavailable with the gateway's problem
// text, for people.
Result<CreatedPayment> read_create_reply(const Result<transport::ClientReply>& reply);

}  // namespace tollgate::sandbox
