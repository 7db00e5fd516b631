#pragma once

#include <string>

#include "ledger/preauthorisation.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// The JSON object, with what the buyer needs to agree while he can.
std::string with_action(const ledger::Preauthorisation& preauth);

// What a coordinator hears of it as it is: a 2xx of confirm and of cancel says that it is done.
// Pure.
transport::ServerResponse reply_to_try(const ledger::Preauthorisation& preauth);
transport::ServerResponse reply_to_confirm(const ledger::Preauthorisation& preauth);
transport::ServerResponse reply_to_cancel(const ledger::Preauthorisation& preauth);

}  // namespace tollgate::gateway
