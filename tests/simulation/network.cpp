#include "tests/simulation/network.h"

#include <utility>

namespace tollgate::simulation {
namespace {

using std::chrono::milliseconds;

Error unknown(const char* why) {
    return Error(ErrorCode::outcome_unknown, why);
}

transport::ClientReply bad_gateway() {
    return {.status = 502, .headers = {}, .body = "bad gateway"};
}

}  // namespace

struct Network::Exchange {
    std::string what;
    transport::ClientRequest request;
    Server server;
    Completion done;  // Empty once it was called.
    bool error_before = false;
    bool error_after = false;
    bool reply_lost = false;
};

milliseconds Network::travel() {
    if (dice_.chance(faults_.slow)) return milliseconds(dice_.between(100, 30'000));
    return milliseconds(dice_.between(1, 40));
}

void Network::corrupt(std::string& text) {
    if (text.empty()) return;
    char& c = text[dice_.below(text.size())];
    c = c == 'x' ? 'y' : 'x';
}

void Network::exchange(std::string what, transport::ClientRequest request, Server server,
                       Completion done) {
    auto exchange = std::make_shared<Exchange>();
    exchange->what = std::move(what);
    exchange->request = std::move(request);
    exchange->server = std::move(server);
    exchange->done = std::move(done);
    trace_.note("send", exchange->what);
    if (dice_.chance(faults_.refused)) {
        world_.after(milliseconds(dice_.between(1, 3'000)), [this, exchange] {
            finish(exchange, Error(ErrorCode::unavailable, "connection refused"));
        });
        return;
    }
    world_.after(exchange->request.total_timeout,
                 [this, exchange] { finish(exchange, unknown("no answer in time")); });
    if (dice_.chance(faults_.request_lost)) return;
    exchange->error_before = dice_.chance(faults_.error_before);
    exchange->error_after = dice_.chance(faults_.error_after);
    exchange->reply_lost = dice_.chance(faults_.reply_lost);
    world_.after(travel(), [this, exchange] { arrive(exchange, true); });
    if (dice_.chance(faults_.duplicated)) {
        world_.after(travel(), [this, exchange] { arrive(exchange, false); });
    }
}

void Network::arrive(const std::shared_ptr<Exchange>& exchange, bool is_original) {
    if (exchange->error_before) {
        if (is_original) finish(exchange, bad_gateway());
        return;
    }
    const auto answer = [this, exchange, is_original](Reply reply) {
        if (!is_original || exchange->reply_lost) return;
        if (exchange->error_after) reply = bad_gateway();
        world_.after(travel(), [this, exchange, reply = std::move(reply)]() mutable {
            finish(exchange, std::move(reply));
        });
    };
    if (exchange->server(exchange->request, answer) || !is_original) return;
    finish(exchange, Error(ErrorCode::unavailable, "nobody listens"));
}

void Network::finish(const std::shared_ptr<Exchange>& exchange, Result<Reply> reply) {
    if (!exchange->done) return;
    const Completion done = std::exchange(exchange->done, nullptr);
    trace_.note("reply", exchange->what + " " +
                             (reply ? std::to_string(reply->status)
                                    : std::string(name_of(reply.error().code()))));
    done(std::move(reply));
}

}  // namespace tollgate::simulation
