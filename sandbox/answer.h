#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sandbox/content_key.h"
#include "sandbox/json.h"
#include "sandbox/rsa.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// What a fault does to a signature.
enum class SignatureFlaw { none, missing, wrong };

// How an answer of gateway.do is made (protocol notes 3).
struct AnswerShape {
    std::string method;  // Empty: the node is error_response and nothing is signed.
    std::string charset = "utf-8";
    SignType sign_type = SignType::rsa2;
    bool has_signature = false;  // An unsigned one carries "sign":"" beside a known method's node.
    bool has_wrong_signature = false;           // On purpose: over another text.
    std::string cert_sn = {};                   // Of the certificate that signs; empty in key mode.
    std::optional<Encryption> encryption = {};  // Then the node is a text, quoted.
};

// The node's name: "alipay_trade_query_response".
std::string node_name(std::string_view method);

// A business answer's node: code and msg, then `members`.
Json success_node(const Json& members);
Json waiting_node(const Json& members);

// The node of a refusal that sandbox/refusal.h made.
Json refusal_node(const Error& error);

// The whole answer: status 200 and text/html, JSON inside, signed over the raw text of the node in
// the charset of the answer: of an encrypted one over the ciphertext and its quotes. Slashes are
// escaped ("\/"), as Alipay's are, but not those of a ciphertext.
transport::ServerResponse gateway_answer(const Json& node, const AnswerShape& shape,
                                         const PrivateKey& key);

}  // namespace tollgate::sandbox
