#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/tracer.h"
#include "config/json_reader.h"
#include "gateway/callers.h"
#include "gateway/problem.h"
#include "ledger/store.h"
#include "ledger/writer.h"
#include "signing/fields.h"
#include "transport/http_message.h"
#include "transport/ticket.h"

namespace tollgate::gateway {

// What the routes over events and endpoints need. All must outlive them.
struct ApiSeams {
    const Callers& callers;
    ledger::Store& store;
    ledger::Writer& writer;
    Clock& clock;
    Entropy& entropy;
    Log& log;
    // Called from the writer's thread when there may be something new to deliver, or an endpoint is
    // no longer what it was.
    std::function<void()> on_change;
    Tracer* tracer = nullptr;  // Null: there are no traces.
};

// The caller, if he has the right; else nothing, and the ticket is answered.
const Caller* admit(const ApiSeams& seams, const transport::ServerRequest& request,
                    std::string_view right, transport::Ticket& ticket);
// The same for an address that takes no parameters: any is a problem.
const Caller* admit_without_query(const ApiSeams& seams, const transport::ServerRequest& request,
                                  std::string_view right, transport::Ticket& ticket);

// Answers what went wrong in the ledger, and logs it.
void answer_failure(const ApiSeams& seams, std::string_view request_id, const Error& error,
                    transport::Ticket ticket);

// True when there are problems; then the ticket is answered with all of them.
bool refused(std::vector<config::Problem>& problems, transport::Ticket& ticket);

// The Idempotency-Key, if the request brings one.
std::optional<std::string> read_key_header(const transport::ServerRequest& request,
                                           std::vector<config::Problem>& problems);
// The same where one is needed.
std::optional<std::string> need_key_header(const transport::ServerRequest& request,
                                           std::vector<config::Problem>& problems);

// Somebody else's payment looks just like none at all.
ApiProblem no_such_payment();

// Answers with what `read`, which gives a Result<ServerResponse>, finds in the ledger.
template <typename Read>
void answer_from_ledger(const ApiSeams& seams, std::string_view request_id,
                        transport::Ticket ticket, Read read) {
    const auto reading = seams.store.read();
    Result<transport::ServerResponse> answer =
        reading ? read(**reading) : Result<transport::ServerResponse>(reading.error());
    if (!answer) return answer_failure(seams, request_id, answer.error(), std::move(ticket));
    ticket.complete(*std::move(answer));
}

// Reads a query's parameters; finish() reports those that nobody read.
class QueryReader {
public:
    QueryReader(std::string_view query, std::vector<config::Problem>& problems);

    std::optional<std::string> text(std::string_view name);
    std::int64_t number(std::string_view name, std::int64_t otherwise, std::int64_t least,
                        std::int64_t most);
    std::optional<Timestamp> time(std::string_view name);
    // An event type or a family such as "payment.*"; empty without it.
    std::string event_type(std::string_view name);
    void problem(std::string_view name, std::string what);
    void finish();

private:
    signing::Fields fields_;
    std::vector<config::Problem>& problems_;
};

// Reads a body that is a JSON object, or nothing at all, which stands for {}. What `read` does not
// ask for is a problem.
void read_body(std::string_view body, std::vector<config::Problem>& problems,
               const std::function<void(config::Section&)>& read);
// The same for a request that says all in its address.
void read_empty_body(std::string_view body, std::vector<config::Problem>& problems);

// A member's RFC 3339 time.
std::optional<Timestamp> read_time(config::Section& section, const char* key);

// Runs `work`, which gives a Result<ServerResponse> (refusals included, then it has written
// nothing), as a unit and answers with it after the COMMIT; before that, `after_success` when it is
// a 2xx.
template <typename Work, typename AfterSuccess>
void answer_after_commit(const ApiSeams& seams, std::string request_id, transport::Ticket ticket,
                         Work work, AfterSuccess after_success) {
    seams.writer.submit(ledger::make_unit(
        std::move(work), [&seams, request_id = std::move(request_id), ticket = std::move(ticket),
                          after_success = std::move(after_success)](
                             Result<transport::ServerResponse> response) mutable {
            if (!response) {
                return answer_failure(seams, request_id, response.error(), std::move(ticket));
            }
            if (response->status < 300) after_success();
            ticket.complete(*std::move(response));
        }));
}

}  // namespace tollgate::gateway
