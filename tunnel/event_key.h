#pragma once

#include "tunnel/event_queue.h"

namespace tollgate::tunnel {

// What tells the sendings of one notification to be the same: the provider's own id where the
// request carries one (Alipay's notify_id in a form or a query, the webhook-id header), else a hash
// of method, target and body. Pure.
EventKey key_of(const Callback& callback);

// Method and path without the query: where "the last one of each path" looks.
std::string place_of(const Callback& callback);

// Whether it is worth keeping when its sender has left: pages that are only read are not.
bool is_kept(std::string_view method);

}  // namespace tollgate::tunnel
