#include "tunnel/answer_memory.h"

namespace tollgate::tunnel {

void AnswerMemory::put(const AppAnswer& answer) {
    const auto known = answers_.find(answer.id);
    if (known != answers_.end()) {
        bytes_ -= size_of(known->second);
        known->second = answer;
    } else {
        answers_.emplace(answer.id, answer);
        order_.push_back(answer.id);
    }
    bytes_ += size_of(answer);
    while (order_.size() > kAnswersMax || (order_.size() > 1 && bytes_ > kBytesMax)) {
        const auto oldest = answers_.find(order_.front());
        bytes_ -= size_of(oldest->second);
        answers_.erase(oldest);
        order_.pop_front();
    }
}

std::optional<AppAnswer> AnswerMemory::find(std::uint64_t id, int round) const {
    const auto found = answers_.find(id);
    if (found == answers_.end() || found->second.round != round) return std::nullopt;
    return found->second;
}

}  // namespace tollgate::tunnel
