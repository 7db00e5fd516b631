#include "tunnel/hands.h"

#include <utility>

namespace tollgate::tunnel {

Hands::Taken Hands::take(const HandOut& out) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = out.callback.id;
    const auto held = in_hand_.find(id);
    const bool same = held != in_hand_.end() && held->second.round == out.round;
    if (same && held->second.running) return Taken::running;
    if (auto known = memory_.find(id, out.round)) {
        known->attempt = out.attempt;
        in_hand_[id] = {.round = out.round, .running = false};
        ready_.push_back(*std::move(known));
        return Taken::remembered;
    }
    if (held == in_hand_.end() || !held->second.running) ++running_;
    in_hand_[id] = {.round = out.round, .running = true};
    return Taken::execute;
}

void Hands::done(AppAnswer answer) {
    const std::lock_guard lock(mutex_);
    const auto held = in_hand_.find(answer.id);
    if (held == in_hand_.end() || held->second.round != answer.round) return;
    if (std::exchange(held->second.running, false)) --running_;
    // What the app never answered must reach it when it is handed out again.
    if (answer.failure == AppFailure::none) memory_.put(answer);
    ready_.push_back(std::move(answer));
}

std::vector<AppAnswer> Hands::take_ready(std::size_t bytes_max) {
    const std::lock_guard lock(mutex_);
    std::vector<AppAnswer> taken;
    std::size_t bytes = 0;
    while (!ready_.empty()) {
        bytes += ready_.front().body.size() + 1024;
        if (!taken.empty() && bytes > bytes_max) break;
        taken.push_back(std::move(ready_.front()));
        ready_.pop_front();
    }
    return taken;
}

void Hands::brought(const std::vector<AppAnswer>& answers) {
    const std::lock_guard lock(mutex_);
    for (const AppAnswer& answer : answers) {
        const auto held = in_hand_.find(answer.id);
        if (held == in_hand_.end() || held->second.round != answer.round) continue;
        if (!held->second.running) in_hand_.erase(held);
    }
}

void Hands::not_brought(std::vector<AppAnswer> answers) {
    const std::lock_guard lock(mutex_);
    for (AppAnswer& answer : answers) ready_.push_back(std::move(answer));
}

std::vector<std::uint64_t> Hands::ids() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> ids;
    for (const auto& [id, unused] : in_hand_) {
        if (ids.size() < kIdsMax) ids.push_back(id);
    }
    return ids;
}

std::size_t Hands::running() const {
    const std::lock_guard lock(mutex_);
    return running_;
}

bool Hands::has_ready() const {
    const std::lock_guard lock(mutex_);
    return !ready_.empty();
}

}  // namespace tollgate::tunnel
