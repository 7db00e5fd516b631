#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/tunnel/tunnel_world.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel::testing {

// A client in the test's own hands, for what the real one would never say.
class HandMadeClient {
public:
    explicit HandMadeClient(const RunningRelay& relay, std::string host = "hook.example")
        : relay_(relay), host_(std::move(host)) {}

    transport::testing::Answer ask(const std::string& request_line, const std::string& body,
                                   const std::string& token = kToken) {
        const auto answer = relay_.peer().ask(
            request_line + " HTTP/1.1\r\nHost: " + host_ + "\r\nAuthorization: Bearer " + token +
            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return answer.value_or(transport::testing::Answer{});
    }
    // A sign of life: from now on the laptop is there.
    transport::testing::Answer hold(std::vector<std::uint64_t> in_hand = {}) {
        return ask("POST /x/hold",
                   to_wire(HoldRequest{.mark = mark(), .in_hand = std::move(in_hand)}));
    }
    // What is handed out next; waits for it.
    std::vector<HandOut> poll() {
        const auto answer =
            ask("POST /x/exchange",
                to_wire(ExchangeRequest{.mark = mark(), .frames_max = 1, .answers = {}}));
        auto reply = read_exchange_reply(answer.body);
        return reply ? std::move(reply->handed_out) : std::vector<HandOut>{};
    }
    transport::testing::Answer bring(AppAnswer answer) {
        ExchangeRequest request{.mark = mark(), .frames_max = 0, .answers = {}};
        request.answers.push_back(std::move(answer));
        return ask("POST /x/exchange", to_wire(request));
    }

private:
    SessionMark mark() { return {.session = 1, .counter = ++counter_, .wishes = {}}; }

    const RunningRelay& relay_;
    const std::string host_;
    std::uint64_t counter_ = 0;
};

}  // namespace tollgate::tunnel::testing
