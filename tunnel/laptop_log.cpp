#include "tunnel/laptop_log.h"

#include <algorithm>
#include <utility>

#include "tunnel/attempt.h"
#include "tunnel/relay_log.h"

namespace tollgate::tunnel {
namespace {

constexpr std::size_t kAttemptBytes = 200;  // What it takes beside its texts, roughly.

template <typename T>
void push_bounded(std::vector<T>& list, T one, std::size_t max) {
    list.push_back(std::move(one));
    if (list.size() > max) list.erase(list.begin());
}

std::size_t size_of(const Exchange& exchange) {
    std::size_t bytes = static_cast<std::size_t>(bytes_of(exchange.callback));
    for (const Callback& earlier : exchange.earlier) {
        bytes += static_cast<std::size_t>(bytes_of(earlier));
    }
    for (const Attempt& attempt : exchange.attempts) {
        bytes += kAttemptBytes + attempt.error.size() + attempt.body_start.size();
        for (const auto& [name, value] : attempt.headers) bytes += name.size() + value.size();
    }
    return bytes;
}

}  // namespace

bool matches(const Exchange& exchange, const ExchangeFilter& filter) {
    const Callback& callback = exchange.callback;
    if (filter.state && *filter.state != exchange.state) return false;
    if (filter.since && callback.received_at < *filter.since) return false;
    if (!filter.tunnel.empty() && filter.tunnel != exchange.tunnel) return false;
    if (filter.status &&
        (exchange.attempts.empty() || exchange.attempts.back().status != *filter.status)) {
        return false;
    }
    const auto has = [&](const std::string& text) {
        return text.find(filter.text) != std::string::npos ||
               (!filter.text_encoded.empty() &&
                text.find(filter.text_encoded) != std::string::npos);
    };
    return has(callback.target) || has(callback.body) ||
           std::ranges::any_of(callback.headers, [&](const auto& header) {
               return has(header.first) || has(header.second);
           });
}

void LaptopLog::note(const HandOut& out, Timestamp now, std::optional<std::uint64_t> replay_of) {
    const std::lock_guard lock(mutex_);
    Exchange& exchange = exchanges_[out.callback.id];
    if (exchange.callback.id == 0) {
        exchange.first_received_at = Timestamp{now.ms - out.age.count()};
    } else {
        bytes_ -= size_of(exchange);
        // Handed out again it is the same sending; the provider's next one has a time of its own.
        if (exchange.callback.received_at != out.callback.received_at) {
            push_bounded(exchange.earlier, std::move(exchange.callback), kEarlierMax);
        }
    }
    exchange.callback = out.callback;
    exchange.sendings = std::max(exchange.sendings, out.round);
    exchange.state = ExchangeState::waiting;
    if (replay_of) exchange.replay_of = replay_of;
    bytes_ += size_of(exchange);
    shrink();
    ++version_;
}

void LaptopLog::note(const AppAnswer& answer) {
    const std::lock_guard lock(mutex_);
    const auto found = exchanges_.find(answer.id);
    if (found == exchanges_.end()) return;
    Exchange& exchange = found->second;
    bytes_ -= size_of(exchange);
    push_bounded(exchange.attempts, attempt_of(answer), kAttemptsShownMax);
    if (answer.failure == AppFailure::none) exchange.state = ExchangeState::answered;
    bytes_ += size_of(exchange);
    ++version_;
}

void LaptopLog::shrink() {
    while (exchanges_.size() > 1 && (exchanges_.size() > kExchangesMax || bytes_ > kBytesMax)) {
        bytes_ -= size_of(exchanges_.begin()->second);
        exchanges_.erase(exchanges_.begin());
    }
}

Result<std::vector<Exchange>> LaptopLog::list(std::uint64_t before, const ExchangeFilter& filter,
                                              std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Exchange> found;
    for (auto it = exchanges_.rbegin(); it != exchanges_.rend() && found.size() < limit; ++it) {
        if (before != 0 && it->first >= before) continue;
        if (matches(it->second, filter)) found.push_back(it->second);
    }
    return found;
}

Result<Exchange> LaptopLog::find(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = exchanges_.find(id);
    if (found != exchanges_.end()) return found->second;
    return Error(ErrorCode::not_found, "there is no such exchange, or it has been forgotten");
}

Result<std::uint64_t> LaptopLog::replay(const Replay& replay) {
    TOLLGATE_TRY(Exchange exchange, find(replay.of));
    TOLLGATE_TRY(Callback callback, edited(std::move(exchange.callback), replay));
    return send_(std::move(callback), replay);
}

}  // namespace tollgate::tunnel
