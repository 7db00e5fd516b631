#include "gateway/operate/sign_in.h"

#include <algorithm>
#include <span>

#include "transport/address_guard.h"

namespace tollgate::gateway::operate {
namespace {

constexpr std::chrono::minutes kForgottenAfter{15};

constexpr std::size_t kNetworkBytes = 8;  // Of an IPv6 address: its /64.

}  // namespace

std::string network_of(std::string_view address) {
    const auto parsed = transport::IpAddress::parse(address);
    if (!parsed || parsed->is_v4()) return parsed ? parsed->text() : std::string(address);
    const auto network = std::span(parsed->bytes()).first<kNetworkBytes>();
    return {network.begin(), network.end()};
}

std::optional<std::chrono::seconds> Attempts::must_wait(const std::string& name,
                                                        const std::string& network) {
    const auto now = clock_.monotonic();
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find({name, network});
    if (found == rows_.end() || found->second.not_before <= now) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(found->second.not_before - now);
}

// Whoever makes up ten thousand names pushes out what is oldest, and takes long for it: each of
// them has cost him a check.
void Attempts::make_room(std::chrono::nanoseconds now) {
    if (rows_.size() < kKnownMax) return;
    std::erase_if(rows_, [&](const auto& row) { return now - row.second.last > kForgottenAfter; });
    if (rows_.size() < kKnownMax) return;
    rows_.erase(
        std::ranges::min_element(rows_, {}, [](const auto& row) { return row.second.last; }));
}

void Attempts::failed(const std::string& name, const std::string& network) {
    const auto now = clock_.monotonic();
    const std::lock_guard lock(mutex_);
    if (!rows_.contains({name, network})) make_room(now);
    Row& row = rows_[{name, network}];
    if (now - row.last > kForgottenAfter) row.failures = 0;
    row.last = now;
    if (++row.failures < kForgiven) return;
    const int doublings = std::min(row.failures - kForgiven, 6);
    row.not_before = now + std::min(std::chrono::seconds(1 << doublings), kWaitMax);
}

void Attempts::succeeded(const std::string& name, const std::string& network) {
    const std::lock_guard lock(mutex_);
    rows_.erase({name, network});
}

std::shared_ptr<void> PasswordPlaces::take(const std::string& network) {
    const std::lock_guard lock(mutex_);
    if (taken_.size() >= kMax || taken_.count(network) >= kOfNetworkMax) return nullptr;
    const auto place = taken_.insert(network);
    // It points at nothing of its own: what counts is when it goes.
    return {this, [this, place](void*) {
                const std::lock_guard giving_back(mutex_);
                taken_.erase(place);
            }};
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
