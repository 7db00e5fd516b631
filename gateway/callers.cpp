#include "gateway/callers.h"

#include <algorithm>

#include "signing/digest.h"

namespace tollgate::gateway {
namespace {

constexpr std::size_t kKeyBytesMax = 512;

std::string_view bearer_key(const transport::ServerRequest& request) {
    const std::string_view header = request.header("authorization").value_or("");
    constexpr std::string_view kScheme = "bearer ";
    if (header.size() <= kScheme.size() || header.size() > kKeyBytesMax) return {};
    for (std::size_t i = 0; i < kScheme.size(); ++i) {
        // The scheme's letter case is free (RFC 9110, 11.1); a blank and letters differ in one bit.
        if ((static_cast<unsigned char>(header[i]) | 0x20U) !=
            static_cast<unsigned char>(kScheme[i])) {
            return {};
        }
    }
    return header.substr(kScheme.size());
}

}  // namespace

Callers::Callers(const std::vector<config::CallerSettings>& settings, Clock& clock,
                 std::vector<Caller> vouched)
    : clock_(clock) {
    for (const config::CallerSettings& caller : settings) {
        for (const std::string& hash : caller.key_sha256) {
            by_key_hash_.emplace(hash, callers_.size());
        }
        callers_.push_back({.id = caller.id,
                            .apps = {caller.apps.begin(), caller.apps.end()},
                            .rights = {caller.rights.begin(), caller.rights.end()},
                            .sees_bodies = std::ranges::count(caller.rights, "operate") > 0});
        rates_.push_back(nullptr);
        if (caller.requests_per_second == 0) continue;
        const std::int64_t burst = caller.burst > 0 ? caller.burst : caller.requests_per_second;
        rates_.back() = std::make_unique<Rate>(TokenBucket(caller.requests_per_second, burst));
    }
    for (Caller& caller : vouched) {
        vouched_.emplace(caller.id, callers_.size());
        callers_.push_back(std::move(caller));
        rates_.push_back(nullptr);
    }
}

std::optional<std::size_t> Callers::find(const transport::ServerRequest& request) const {
    if (!request.vouched_for.empty()) {
        const auto found = vouched_.find(request.vouched_for);
        return found == vouched_.end() ? std::nullopt : std::optional(found->second);
    }
    const std::string_view key = bearer_key(request);
    if (key.empty()) return std::nullopt;
    // Looked up by its hash: what the look-up's time could tell is about the hash, not the key.
    const auto found = by_key_hash_.find(signing::sha256_hex(key));
    return found == by_key_hash_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::chrono::nanoseconds> Callers::must_wait(std::size_t caller) const {
    Rate* const rate = rates_[caller].get();
    if (rate == nullptr) return std::nullopt;
    const auto now = clock_.monotonic();
    const std::lock_guard lock(rate->mutex);
    if (rate->bucket.take(now)) return std::nullopt;
    return rate->bucket.next_at() - now;
}

std::variant<const Caller*, ApiProblem> Callers::admit(const transport::ServerRequest& request,
                                                       std::string_view right) const {
    const auto found = find(request);
    if (!found) {
        return ApiProblem{.status = 401,
                          .code = "unauthenticated",
                          .title = "A known key is needed: Authorization: Bearer <key>"};
    }
    const Caller& caller = callers_[*found];
    if (const auto wait = must_wait(*found)) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait);
        return ApiProblem{.status = 429,
                          .code = "too_many_requests",
                          .title = "You ask more often than your requests_per_second allow",
                          .retry_after_seconds = static_cast<int>(seconds.count())};
    }
    if (!caller.may(right)) {
        return ApiProblem{.status = 403,
                          .code = "right_missing",
                          .title = "You lack the right \"" + std::string(right) + "\""};
    }
    return &caller;
}

}  // namespace tollgate::gateway
