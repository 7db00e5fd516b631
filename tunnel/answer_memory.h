#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "tunnel/wire.h"

namespace tollgate::tunnel {

// The app's answers to the last callbacks, so that one that is handed out again is answered and not
// executed again. Bounded in number and bytes; the oldest are forgotten first. Use from one thread.
class AnswerMemory {
public:
    void put(const AppAnswer& answer);
    // The answer to that round of it; an earlier round's does not count.
    std::optional<AppAnswer> find(std::uint64_t id, int round) const;

    static constexpr std::size_t kAnswersMax = 10'000;
    static constexpr std::size_t kBytesMax = std::size_t{32} * 1024 * 1024;

private:
    static std::size_t size_of(const AppAnswer& answer) {
        return answer.body.size() + answer.headers.size() * 64;
    }

    std::unordered_map<std::uint64_t, AppAnswer> answers_;
    std::deque<std::uint64_t> order_;
    std::size_t bytes_ = 0;
};

}  // namespace tollgate::tunnel
