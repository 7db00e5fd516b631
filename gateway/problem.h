#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/json_reader.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// What a caller is told when we cannot do as he asks: RFC 9457 application/problem+json, with a
// stable `code` to branch on, and every wrong field at once.
struct ApiProblem {
    int status = 400;
    std::string code;                     // "amount_mismatch"; never changes once published.
    std::string title;                    // For people: what is wrong and what to do next.
    std::vector<config::Problem> fields;  // "where" is a JSON pointer into the request.
    std::string payment_id;               // When one is concerned.
    int retry_after_seconds = 0;          // 0: none.
    std::string members;                  // Further JSON members, each with its leading comma.
};

transport::ServerResponse to_response(const ApiProblem& problem);

// 400 "invalid_request", naming each field.
ApiProblem invalid_request(std::vector<config::Problem> fields);

// Why the ledger could not do it, for the caller.
ApiProblem storage_problem(const Error& error);

}  // namespace tollgate::gateway
