#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/here.h"

namespace tollgate {

// What a caller can do about a failure. A code earns its place here only when callers act on it
// differently; detail for people goes into Error::message.
//
// The precious pair is `unavailable` against `outcome_unknown`: the first may be sent again at
// will, the second only ever leads to asking, never to a second payment.
enum class ErrorCode {
    invalid_argument,     // The request is wrong. Sending it again changes nothing.
    unauthenticated,      // The signature is missing or wrong. Never look at the content.
    permission_denied,    // Known, but not allowed to do this.
    not_found,            // No such payment, event or key.
    conflict,             // The same key or number again, with other content.
    stale_version,        // Somebody changed the row in between. Read again, then decide again.
    failed_precondition,  // The payment's state forbids it, e.g. closing after it was paid.
    rate_limited,         // Wait, then send the same request.
    unavailable,          // Nothing was sent. Safe to send the same request again.
    outcome_unknown,      // It was sent and may have worked. Query; never create a second one.
    data_corruption,      // What we stored does not read back as written. A person must look.
    internal,             // Our own bug, reported instead of hidden.
};

std::string_view name_of(ErrorCode code);

// A failure: what to do (code), what happened (message), and the path it took (trace).
// The message must hold no secret and no full buyer identity: it reaches the logs.
class [[nodiscard]] Error {
public:
    Error(ErrorCode code, std::string message, Here here = Here::current())
        : code_(code), message_(std::move(message)), trace_{here} {}

    ErrorCode code() const { return code_; }
    const std::string& message() const { return message_; }
    // A stable snake_case name for programs to store or show ("sign_mismatch"); may be empty.
    const std::string& reason() const { return reason_; }
    const std::vector<Here>& trace() const { return trace_; }

    // Names the reason: `return Error(ErrorCode::unauthenticated, "…").because("sign_missing");`
    Error&& because(std::string_view reason) && {
        reason_ = reason;
        return std::move(*this);
    }

    // Adds one step to the trace; TOLLGATE_TRY calls it at each level the error passes.
    Error&& passing(Here here) && {
        trace_.push_back(here);
        return std::move(*this);
    }

private:
    ErrorCode code_;
    std::string message_;
    std::string reason_;
    std::vector<Here> trace_;
};

}  // namespace tollgate
