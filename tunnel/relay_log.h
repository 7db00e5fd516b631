#pragma once

#include <atomic>
#include <functional>

#include "tunnel/exchange.h"
#include "tunnel/relay_store.h"

namespace tollgate::tunnel {

// The relay's exchanges, from its store.
class RelayLog final : public ExchangeLog {
public:
    // Hands an edited copy to the named tunnel.
    using Send =
        std::function<Result<std::uint64_t>(const std::string& tunnel, Callback, std::uint64_t of)>;

    RelayLog(RelayReader& reader, Send send) : reader_(reader), send_(std::move(send)) {}

    void note_change() { version_.fetch_add(1); }

    std::uint64_t version() const override { return version_.load(); }
    Result<std::vector<Exchange>> list(std::uint64_t before, const ExchangeFilter& filter,
                                       std::size_t limit) override {
        return reader_.list(before, filter, limit);
    }
    Result<Exchange> find(std::uint64_t id) override { return reader_.find(id); }
    Result<std::uint64_t> replay(const Replay& replay) override;

private:
    RelayReader& reader_;
    Send send_;
    std::atomic<std::uint64_t> version_{0};
};

// The callback as the edits want it, marked as a replay. Errors: invalid_argument for what cannot
// stand in a request.
Result<Callback> edited(Callback callback, const Replay& replay);

}  // namespace tollgate::tunnel
