#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/json_reader.h"
#include "gateway/problem.h"
#include "ledger/books.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// An Idempotency-Key's answer is kept this long.
inline constexpr std::chrono::hours kIdempotencyLife{24};

// The value of an Idempotency-Key header: bare, or quoted as the IETF draft has it. 1 to 255
// printable ASCII characters. Errors: invalid_argument.
Result<std::string> read_idempotency_key(std::string_view header);

// The request's Idempotency-Key, if it has one; one that is malformed is a problem.
std::optional<std::string> take_idempotency_key(const transport::ServerRequest& request,
                                                std::vector<config::Problem>& problems);

// A request under its key, or under none; then every call below finds nothing and does nothing.
struct KeyedRequest {
    std::string caller;
    std::optional<std::string> key;
    std::string fingerprint;  // What makes a repeat the same request, as a JSON object.
    Timestamp now;
};

// A request whose path and body say all: a repeat is one with both of them the same, to the byte.
KeyedRequest keyed_by_body(std::string_view caller, std::optional<std::string> key,
                           const transport::ServerRequest& request, Timestamp now);

// What a request meets that was made under its key before.
struct MetKey {
    enum class Kind {
        differs,        // The key was used with another request: 422.
        stored_answer,  // Its answer, byte for byte.
        busy,           // The first one is still at work: 409, try again.
    };
    Kind kind = Kind::busy;
    int status = 0;           // Of stored_answer …
    std::string body;         // … too.
    std::string fingerprint;  // Of differs: the first request's.
};

// Nothing when the request may go on. Errors: those of Reading.
Result<std::optional<MetKey>> meet_key(ledger::Reading& reading, const KeyedRequest& request);

// Takes the key for a request that needs more than one unit of work.
Result<Done> begin_under_key(ledger::Books& books, const KeyedRequest& request, Timestamp until);

// Stores the final answer under the key.
Result<Done> store_under_key(ledger::Books& books, const KeyedRequest& request, int status,
                             const std::string& body);

// What was met as an answer, stored ones with "Idempotent-Replayed: true". With the request's own
// fingerprint the members in which the two differ are named.
transport::ServerResponse to_response(const MetKey& met, std::string_view fingerprint = {});

// A stored answer of any status.
transport::ServerResponse replayed(int status, const std::string& body);

}  // namespace tollgate::gateway
