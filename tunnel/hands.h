#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tunnel/answer_memory.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {

// What the laptop has in hand: from the moment that a callback was handed out until the relay has
// taken its answer. Safe from any thread; no I/O, no clock.
class Hands {
public:
    enum class Taken {
        execute,     // Hand it to the app.
        running,     // The app has it already: that answer will do.
        remembered,  // The app has answered it before: that answer is ready to go.
    };
    Taken take(const HandOut& out);
    // The app's answer to what is running.
    void done(AppAnswer answer);

    // Answers to bring to the relay, at most that many bytes, but one at least if there is one.
    // Each must come back as brought or not_brought.
    std::vector<AppAnswer> take_ready(std::size_t bytes_max);
    void brought(const std::vector<AppAnswer>& answers);
    void not_brought(std::vector<AppAnswer> answers);

    std::vector<std::uint64_t> ids() const;
    std::size_t running() const;
    bool has_ready() const;

private:
    struct InHand {
        int round = 1;
        bool running = true;
    };

    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, InHand> in_hand_;
    std::size_t running_ = 0;
    std::deque<AppAnswer> ready_;
    AnswerMemory memory_;
};

}  // namespace tollgate::tunnel
