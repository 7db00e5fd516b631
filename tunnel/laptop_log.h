#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "tunnel/exchange.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {

// What the laptop has seen since the client began, within a bound: the oldest are forgotten first.
// Safe from any thread.
class LaptopLog final : public ExchangeLog {
public:
    // Sends an edited copy to the app.
    using Send = std::function<Result<std::uint64_t>(Callback, const Replay&)>;

    explicit LaptopLog(Send send) : send_(std::move(send)) {}

    void note(const HandOut& out, Timestamp now, std::optional<std::uint64_t> replay_of);
    void note(const AppAnswer& answer);

    std::uint64_t version() const override { return version_.load(); }
    Result<std::vector<Exchange>> list(std::uint64_t before, const ExchangeFilter& filter,
                                       std::size_t limit) override;
    Result<Exchange> find(std::uint64_t id) override;
    Result<std::uint64_t> replay(const Replay& replay) override;

    static constexpr std::size_t kExchangesMax = 2'000;
    static constexpr std::size_t kBytesMax = std::size_t{64} * 1024 * 1024;

private:
    void shrink();

    const Send send_;
    std::atomic<std::uint64_t> version_{0};
    std::mutex mutex_;
    std::map<std::uint64_t, Exchange> exchanges_;
    std::size_t bytes_ = 0;
};

// Whether an exchange is one of those. Pure.
bool matches(const Exchange& exchange, const ExchangeFilter& filter);

}  // namespace tollgate::tunnel
