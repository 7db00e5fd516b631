#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "transport/http_client.h"

namespace tollgate::callbacks {

// What an endpoint's answer means for the delivery and for the endpoint. One table, pure:
//
//   2xx                              delivered (with a success_body: only if the body is that text)
//   2xx/any + webhook-delivery:      abort-message: this delivery ends; disable: the endpoint parks
//   3xx                              a failure, never followed
//   408, 425, 429, 5xx               a failure, tried again
//   410                              the endpoint parks
//   other 4xx                        the endpoint is well and refuses this message: a short budget
//   no answer                        a failure, tried again
//   a forbidden address              ends it: trying again leads to the same place
enum class Disposition { delivered, retry, retry_short, cancel, park, give_up };

struct Judgement {
    Disposition disposition = Disposition::retry;
    std::string_view outcome;  // The attempt's word for it, a literal: "delivered", "timeout", …
    // The endpoint itself is in trouble: its breaker counts it.
    bool endpoint_failed = false;
    // Not before this long; a floor under the schedule (Retry-After).
    std::optional<std::chrono::milliseconds> retry_after;
    // The floor holds for everything at this endpoint: it asked us to slow down (429, 503).
    bool slow_down = false;
};

// `success_body` empty: the status alone decides; else the body, trimmed, must be that text.
Judgement judge_answer(const Result<transport::ClientReply>& reply, std::string_view success_body,
                       Timestamp now);

// The value of Retry-After: whole seconds, or an HTTP date (RFC 9110 10.2.3, IMF-fixdate only).
// At most a day, at least nothing; absent when it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, Timestamp now);

}  // namespace tollgate::callbacks
