#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "ledger/hints.h"
#include "ledger/postgres_door.h"

namespace tollgate::ledger {

// Hints by LISTEN and NOTIFY, on a connection of their own: a NOTIFY inside a transaction that
// writes would make all of those wait for each other at their COMMIT. Told at most fifty times a
// second, whatever happens meanwhile. Without a connection nothing is told or heard.
class PostgresHints final : public Hints {
public:
    static constexpr std::chrono::milliseconds kTellEvery{20};

    PostgresHints(std::shared_ptr<PostgresDoor> door, Clock& clock);
    PostgresHints(const PostgresHints&) = delete;
    PostgresHints& operator=(const PostgresHints&) = delete;
    ~PostgresHints() override;

    void tell() override;
    bool run_once(std::chrono::milliseconds patience) override;
    void wake() override;

private:
    bool connected();
    std::chrono::milliseconds until_next_tell() const;
    void pass_on();
    void wait_for_wake(std::chrono::milliseconds patience);

    const std::shared_ptr<PostgresDoor> door_;
    Clock& clock_;
    const int woken_;  // An eventfd.
    std::atomic<bool> told_ = false;
    std::unique_ptr<PostgresConnection> connection_;
    std::chrono::nanoseconds last_{};  // When it was passed on last.
};

}  // namespace tollgate::ledger
