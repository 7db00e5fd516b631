#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tollgate::simulation {

void World::at(Timestamp when, Action action) {
    planned_.push(
        {.when = std::max(when, now_), .number = planned_so_far_++, .action = std::move(action)});
}

bool World::step(Timestamp end) {
    if (planned_.empty() || planned_.top().when > end) {
        now_ = std::max(now_, end);
        return false;
    }
    // The queue shows its top as const only to keep its order, which moving the action leaves.
    Action action = std::move(const_cast<Planned&>(planned_.top()).action);
    now_ = planned_.top().when;
    planned_.pop();
    ++steps_;
    action();
    return true;
}

void Trace::mix(std::string_view bytes) {
    for (const char c : bytes) {
        hash_ ^= static_cast<unsigned char>(c);
        hash_ *= 0x100000001B3U;
    }
}

void Trace::note(std::string_view what, std::string_view detail) {
    const std::string at = std::to_string((world_.now() - kBeginning).count());
    mix(at);
    mix(what);
    mix(detail);
    if (!prints_) return;
    std::printf("%10s ms  %-22.*s %.*s\n", at.c_str(), static_cast<int>(what.size()), what.data(),
                static_cast<int>(std::min<std::size_t>(detail.size(), 300)), detail.data());
}

}  // namespace tollgate::simulation
