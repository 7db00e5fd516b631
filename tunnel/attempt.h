#pragma once

#include "tunnel/exchange.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {

// What stays of an answer in the record.
inline Attempt attempt_of(const AppAnswer& answer) {
    const bool failed = answer.failure != AppFailure::none;
    return {.number = answer.attempt,
            .began_at = answer.began_at,
            .duration = answer.duration,
            .status = answer.status,
            .error = failed ? std::string(name_of(answer.failure)) + ": " + answer.error : "",
            .headers = answer.headers,
            .body_start = answer.body.substr(0, kAnswerStartBytesMax),
            .body_bytes = answer.body.size()};
}

}  // namespace tollgate::tunnel
