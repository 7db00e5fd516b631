#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/public_key.h"

namespace tollgate::signing {

// A synchronous answer of the gateway, taken apart but not yet trusted (protocol notes 3.1).
struct AnswerParts {
    std::string node_name;       // "alipay_trade_query_response" or "error_response"
    std::string_view node_text;  // The signed bytes, inside the body that was given; an object,
                                 // or a string with both quotes when the answer is encrypted.
    std::string sign;            // Empty when it is missing or empty: see verify_answer.
    std::string alipay_cert_sn;  // Empty when it is missing.
    bool is_error_response = false;
    bool node_is_string = false;
};

// Finds the node of `method` ("alipay.trade.query") or else error_response, by scanning the top
// level and not by searching for text. `body` must outlive the parts.
// Errors: invalid_argument with "answer_malformed" (no JSON object, something behind it, a value of
// the wrong kind) or "answer_node_missing"; unauthenticated with "answer_duplicate_node" when any
// name stands twice at the top level, or the node beside an error_response: two parsers would
// believe two different answers (protocol notes 3.2.2).
Result<AnswerParts> split_answer(std::string_view body, std::string_view method);

// Done if one of the keys signed node_text as it is, or, the documented quirk, with every "\/" as
// "/" (protocol notes 3.2.5). The content may then be read; before, never.
// Errors: unauthenticated with "answer_sign_missing" (an unsigned answer: its failure may be shown,
// but proves nothing, protocol notes 3.3), "answer_no_key", or PublicKey::verify's reasons.
Result<Done> verify_answer(const AnswerParts& answer, std::span<const PublicKey> keys,
                           SignType type);

}  // namespace tollgate::signing
