#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "sandbox/rsa.h"
#include "sandbox/trade.h"
#include "sandbox/words.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// What a buyer's browser is shown. Pure: every page follows from its arguments.

// The cashier of a trade as it is: to be paid, paid (goes back to the merchant by itself), closed.
transport::ServerResponse cashier_page(const Trade& trade, Timestamp now, const PrivateKey& key,
                                       const transport::ServerRequest& request);

// After "cancel": nothing was paid, the trade stays open.
transport::ServerResponse left_page(const Trade& trade, const transport::ServerRequest& request);

// A refused page request: status 200, as at Alipay, with the code and the reason.
transport::ServerResponse refused_page(const Error& refusal,
                                       const transport::ServerRequest& request);

// Where an order string is handed to the pretend Alipay app.
transport::ServerResponse app_page(const transport::ServerRequest& request);

// Status 404 or 403 with a word of ours.
transport::ServerResponse plain_refusal(int status, const std::string& reason,
                                        const transport::ServerRequest& request);

}  // namespace tollgate::sandbox
