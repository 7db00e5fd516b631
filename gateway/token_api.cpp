#include "gateway/token_api.h"

#include <array>

#include "base/json_object.h"
#include "gateway/answers.h"
#include "gateway/idempotency.h"
#include "signing/digest.h"

namespace tollgate::gateway {
namespace {

constexpr std::int64_t kLifeSeconds = 3'600;

std::string new_token(Entropy& entropy) {
    std::array<std::uint8_t, 24> bytes{};
    entropy.fill(bytes);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string token = "tgt_";
    for (const std::uint8_t byte : bytes) {
        token += kHex[byte >> 4U];
        token += kHex[byte & 15U];
    }
    return token;
}

}  // namespace

void TokenApi::add_routes(transport::Router& router) {
    router.add("POST", "/v1/tokens",
               [this](transport::ServerRequest& request, transport::Ticket ticket) {
                   create(request, std::move(ticket));
               });
}

void TokenApi::create(const transport::ServerRequest& request, transport::Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "create", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    std::int64_t seconds = kLifeSeconds;
    read_body(request.body, problems, [&](config::Section& section) {
        section.may_have_integer("expires_in", seconds, 60, kLifeSecondsMax);
    });
    if (refused(problems, ticket)) return;
    const Timestamp now = seams_.clock.now();
    const std::string text = new_token(seams_.entropy);
    const ledger::SubmitToken token{.caller = caller->id,
                                    .sha256 = signing::sha256_hex(text),
                                    .expires_at = now + std::chrono::seconds(seconds)};
    answer_after_commit(
        seams_, request.request_id, std::move(ticket),
        [token, text, now](ledger::Books& books) -> Result<transport::ServerResponse> {
            TOLLGATE_DO(books.add_submit_token(token, now));
            JsonObject json;
            json.text("token", text).time("expires_at", token.expires_at);
            return json_response(201, std::move(json).end());
        },
        [] {});
}

Result<std::string> read_submit_token(std::string_view header) {
    return read_idempotency_key(header);
}

}  // namespace tollgate::gateway
