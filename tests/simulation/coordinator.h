#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "tests/simulation/alipay_model.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace tollgate::simulation {

// One pre-authorisation that somebody wants, and what he knows about it.
struct WantedFreeze {
    enum class End { confirm, cancel, neither };

    std::string number;
    std::string product;
    Money amount;
    Money capture;
    std::int64_t expires_in = 900;  // Seconds.
    End end = End::neither;
    bool cancels_early = false;  // The cancel does not wait for the try, and may overtake it.
    bool in_two_minds = false;   // Two branches end it at once, each in its own way.
    bool has_begun_to_end = false;
    bool cancel_asked = false;
    bool confirm_asked = false;
    bool buyer_has_code = false;
    int not_yet = 0;                // So many confirms have heard that it is not frozen.
    std::int64_t version_seen = 0;  // The highest, and the status that it had.
    std::string status_seen;
};

// A coordinator of transactions over several services, outside the process under test: tries,
// confirms and cancels until each has its answer, in doubt again and again, and its buyers.
class Coordinator {
public:
    struct Seams {
        World& world;
        Trace& trace;
        Network& network;
        AlipayModel& alipay;
        // Takes a request to the gateway's api listener.
        Network::Server to_gateway;
        // Something that must never be was seen.
        std::function<void(const std::string& violation)> on_violation;
    };

    Coordinator(Dice dice, Seams seams) : dice_(dice), seams_(std::move(seams)) {}

    void plan(const std::string& number, std::chrono::milliseconds span);

    // A report about one, from an answer or an event.
    void learn(const nlohmann::json& preauth);

    // What was to be taken under this number; nullptr: it is none of ours.
    const Money* capture_of(const std::string& number) const;
    const std::deque<WantedFreeze>& wanted() const { return wanted_; }
    bool quiet() const { return unanswered_ == 0 && buyers_at_work_ == 0; }

private:
    using Json = nlohmann::json;
    using End = WantedFreeze::End;
    using Replied = void (Coordinator::*)(std::size_t index, const Result<Network::Reply>& reply);

    void attempt(std::size_t index);
    void after_try(std::size_t index, const Result<Network::Reply>& reply);
    void try_refused(std::size_t index, const Result<Network::Reply>& reply);
    void begin_to_end(std::size_t index);
    void end(std::size_t index);
    void confirm(std::size_t index);
    void after_confirm(std::size_t index, const Result<Network::Reply>& reply);
    void cancel(std::size_t index);
    void after_cancel(std::size_t index, const Result<Network::Reply>& reply);
    void hand_over(std::size_t index, const Json& action);
    void agree(std::size_t index, const std::string& type, const std::string& text);

    void check_status(const WantedFreeze& wanted, const std::string& status);
    void unexpected(const std::string& what, const Result<Network::Reply>& reply,
                    const std::string& code);
    void call(const std::string& what, transport::ClientRequest request, std::size_t index,
              Replied done);
    void later(std::chrono::milliseconds most, std::function<void()> action);

    Dice dice_;
    Seams seams_;
    std::deque<WantedFreeze> wanted_;
    std::map<std::string, std::size_t> by_number_;
    int unanswered_ = 0;
    int buyers_at_work_ = 0;
};

}  // namespace tollgate::simulation
