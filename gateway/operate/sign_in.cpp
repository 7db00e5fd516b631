#include "gateway/operate/sign_in.h"

#include <algorithm>

namespace tollgate::gateway::operate {
namespace {

constexpr std::chrono::minutes kForgottenAfter{15};

}  // namespace

std::optional<std::chrono::seconds> Attempts::must_wait(const std::string& name,
                                                        const std::string& address) {
    const auto now = clock_.monotonic();
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find({name, address});
    if (found == rows_.end() || found->second.not_before <= now) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(found->second.not_before - now);
}

void Attempts::failed(const std::string& name, const std::string& address) {
    const auto now = clock_.monotonic();
    const std::lock_guard lock(mutex_);
    if (rows_.size() >= kKnownMax) {
        std::erase_if(rows_,
                      [&](const auto& row) { return now - row.second.last > kForgottenAfter; });
        // Whoever makes up ten thousand names shares one row from there on.
        if (rows_.size() >= kKnownMax && !rows_.contains({name, address})) rows_.clear();
    }
    Row& row = rows_[{name, address}];
    if (now - row.last > kForgottenAfter) row.failures = 0;
    row.last = now;
    if (++row.failures < kForgiven) return;
    const int doublings = std::min(row.failures - kForgiven, 6);
    row.not_before = now + std::min(std::chrono::seconds(1 << doublings), kWaitMax);
}

void Attempts::succeeded(const std::string& name, const std::string& address) {
    const std::lock_guard lock(mutex_);
    rows_.erase({name, address});
}

People People::of(const config::ConsoleSettings& settings, std::vector<config::Problem>& problems) {
    People people;
    for (std::size_t i = 0; i < settings.operators.size(); ++i) {
        auto hash = signing::PasswordHash::parse(settings.operators[i].password_hash);
        if (hash) {
            people.people_.push_back({settings.operators[i], *std::move(hash)});
            continue;
        }
        problems.push_back({.where = "/console/operators/" + std::to_string(i) + "/password_hash",
                            .what = hash.error().message()});
    }
    return people;
}

const config::ConsoleOperator* People::find(std::string_view name, const Secret& password) const {
    const Person* known = nullptr;
    for (const Person& person : people_) {
        if (person.account.id == name) known = &person;
    }
    if (known == nullptr) {
        if (!people_.empty()) static_cast<void>(people_.front().hash.matches(password));
        return nullptr;
    }
    return known->hash.matches(password) ? &known->account : nullptr;
}

}  // namespace tollgate::gateway::operate
