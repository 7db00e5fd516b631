#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "callbacks/app.h"
#include "gateway/alipay/method.h"

namespace tollgate::gateway {

// A whole answer of Alipay's, sorted into exactly one kind (protocol notes 3 and 9.0).
struct AlipayAnswer {
    using Kind = AnswerKind;
    Kind kind = Kind::unknown;
    bool is_signed = false;
    std::string code;          // "40004"
    std::string sub_code;      // "ACQ.TRADE_NOT_EXIST"
    std::string message;       // sub_msg, or msg.
    std::string_view meaning;  // What that is to us, for people. Lives for ever.
    nlohmann::json node;       // The answer's node; only to be believed when is_signed.

    // A member of the node as text; empty when it is absent or of another kind.
    std::string text(const char* name) const;
};

// Reads and verifies an answer over its raw bytes; `asked` are the fields of the call. Errors:
// outcome_unknown when it is no answer at all, is signed wrongly, claims a success without a
// signature, lacks what a success must hold, or answers about another number than was asked.
Result<AlipayAnswer> read_answer(std::string_view body, const Method& method,
                                 const nlohmann::json& asked, const callbacks::App& app);

// The last step of reading one, whichever way it came: gives it its kind by code, sub_code and
// is_signed, and compares it with what was asked. Errors: as above.
Result<AlipayAnswer> sorted_answer(AlipayAnswer answer, const Method& method,
                                   const nlohmann::json& asked);

}  // namespace tollgate::gateway
