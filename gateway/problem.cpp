#include "gateway/problem.h"

#include "base/log.h"

namespace tollgate::gateway {

transport::ServerResponse to_response(const ApiProblem& problem) {
    std::string json = R"({"type":"about:blank","title":)";
    append_json_string(json, problem.title);
    json += R"(,"status":)" + std::to_string(problem.status) + R"(,"code":)";
    append_json_string(json, problem.code);
    if (!problem.fields.empty()) {
        json += R"(,"errors":[)";
        for (std::size_t i = 0; i < problem.fields.size(); ++i) {
            json += i == 0 ? R"({"field":)" : R"(,{"field":)";
            append_json_string(json, problem.fields[i].where);
            json += R"(,"message":)";
            append_json_string(json, problem.fields[i].what);
            json += '}';
        }
        json += ']';
    }
    if (!problem.payment_id.empty()) {
        json += R"(,"payment_id":)";
        append_json_string(json, problem.payment_id);
    }
    json += problem.members + "}";

    transport::ServerResponse response{.status = problem.status,
                                       .content_type = "application/problem+json",
                                       .body = std::move(json)};
    if (problem.retry_after_seconds > 0) {
        response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after_seconds));
    }
    if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

ApiProblem invalid_request(std::vector<config::Problem> fields) {
    return {.status = 400,
            .code = "invalid_request",
            .title = "The request is not valid",
            .fields = std::move(fields)};
}

ApiProblem storage_problem(const Error& error) {
    if (error.code() == ErrorCode::unavailable) {
        return {
            .status = 503,
            .code = error.reason().empty() ? "storage_unavailable" : error.reason(),
            .title = "The ledger cannot write now; nothing was done. Send the same request again",
            .retry_after_seconds = 5};
    }
    if (error.code() == ErrorCode::invalid_argument) {
        return {.status = 400,
                .code = "invalid_request",
                .title = "What you look for is no text (UTF-8)"};
    }
    return {.status = 500,
            .code = "internal",
            .title = "Something is wrong on our side; the log knows it by this request's id"};
}

}  // namespace tollgate::gateway
