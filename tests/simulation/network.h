#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"
#include "transport/http_client.h"
#include "transport/http_message.h"

namespace tollgate::simulation {

// One way of an exchange is lost, late, doubled or spoilt, as the run's faults and dice have it.
class Network {
public:
    using Reply = transport::ClientReply;
    using Completion = std::function<void(Result<Reply>)>;
    // Answers a request, at once or later; not calling `answer` leaves the sender to his timeout.
    // False: nobody listens there.
    using Answer = std::function<void(Reply)>;
    using Server = std::function<bool(const transport::ClientRequest& request, Answer answer)>;

    Network(World& world, Trace& trace, Dice dice) : world_(world), trace_(trace), dice_(dice) {}

    void set_faults(const Faults& faults) { faults_ = faults; }

    // Starts one exchange. `what` names it in the trace. `done` is called exactly once.
    void exchange(std::string what, transport::ClientRequest request, Server server,
                  Completion done);

    // Changes one character of the text, in or out of its signature.
    void corrupt(std::string& text);

private:
    struct Exchange;

    std::chrono::milliseconds travel();
    void arrive(const std::shared_ptr<Exchange>& exchange, bool is_original);
    void finish(const std::shared_ptr<Exchange>& exchange, Result<Reply> reply);

    World& world_;
    Trace& trace_;
    Dice dice_;
    Faults faults_;
};

}  // namespace tollgate::simulation
