#pragma once

#include "gateway/api_request.h"
#include "transport/router.h"

namespace tollgate::gateway {

// POST /v1/tokens: one-time tokens for forms. Whoever sends one with POST /v1/payments
// (Submit-Token) makes at most one payment with it, however often the form is sent. Only its
// SHA-256 is kept.
class TokenApi {
public:
    explicit TokenApi(const ApiSeams& seams) : seams_(seams) {}

    void add_routes(transport::Router& router);

    static constexpr std::int64_t kLifeSecondsMax = 86'400;

private:
    void create(const transport::ServerRequest& request, transport::Ticket ticket);

    const ApiSeams seams_;
};

// The value of a Submit-Token header: 1 to 255 printable ASCII characters. Errors:
// invalid_argument.
Result<std::string> read_submit_token(std::string_view header);

}  // namespace tollgate::gateway
