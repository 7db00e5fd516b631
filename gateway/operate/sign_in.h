#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "config/settings.h"
#include "signing/password.h"

namespace tollgate::gateway::operate {

// Whose guesses count as one's: an address, and of IPv6 its /64, since whoever has one address
// there has all of them.
std::string network_of(std::string_view address);

// How fast one may guess: three wrong passwords in a row are forgiven, then each one doubles the
// wait, up to a minute. Counted for each name and network. Safe from any thread.
class Attempts {
public:
    explicit Attempts(Clock& clock) : clock_(clock) {}

    // How long whoever this is must wait before he may try; nothing: now.
    std::optional<std::chrono::seconds> must_wait(const std::string& name,
                                                  const std::string& network);
    void failed(const std::string& name, const std::string& network);
    void succeeded(const std::string& name, const std::string& network);

    static constexpr int kForgiven = 3;
    static constexpr std::chrono::seconds kWaitMax{60};
    static constexpr std::size_t kKnownMax = 10'000;  // Beyond, the oldest one is forgotten.

private:
    struct Row {
        int failures = 0;
        std::chrono::nanoseconds not_before{};
        std::chrono::nanoseconds last{};
    };
    using Key = std::pair<std::string, std::string>;

    // Requires the mutex.
    void make_room(std::chrono::nanoseconds now);

    Clock& clock_;
    std::mutex mutex_;
    std::map<Key, Row> rows_;
};

// Passwords that may be checked, or wait for it, at once. Each takes a tenth of a second of a
// thread that operators wait for, too: so there are few places, and nobody gets all of them. Safe
// from any thread; must outlive the places that it gives.
class PasswordPlaces {
public:
    // A place, which is given back with the last copy of it. Null: there is none.
    std::shared_ptr<void> take(const std::string& network);

    static constexpr std::size_t kMax = 8;
    static constexpr std::size_t kOfNetworkMax = 2;

private:
    std::mutex mutex_;
    std::multiset<std::string> taken_;  // By network.
};

// The people of the settings and their passwords.
class People {
public:
    // What is wrong with a hash is added to `problems`.
    static People of(const config::ConsoleSettings& settings,
                     std::vector<config::Problem>& problems);

    // The one whose name and password these are, or null. A name that is nobody's takes as long as
    // a wrong password. Slow by design: for a thread that may wait.
    const config::ConsoleOperator* find(std::string_view name, const Secret& password) const;

private:
    struct Person {
        config::ConsoleOperator account;
        signing::PasswordHash hash;
    };
    std::vector<Person> people_;
};

}  // namespace tollgate::gateway::operate
