#pragma once

#include <atomic>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "sandbox/app.h"
#include "sandbox/form.h"
#include "sandbox/json.h"

namespace tollgate::sandbox {

// The method that most tests call, and a trade that there is not.
inline constexpr const char* kQuery = "alipay.trade.query";
inline constexpr const char* kNobodys = R"({"out_trade_no":"T_9"})";

constexpr Timestamp kNow{1'794'326'400'000};  // 2026-11-11 00:00:00 in Beijing.
constexpr const char* kAppId = "9021000000000001";
constexpr const char* kSellerId = "2088000000000001";

// Moved by hand.
class HandClock final : public Clock {
public:
    Timestamp now() override { return {now_ms_}; }
    std::chrono::nanoseconds monotonic() override { return std::chrono::milliseconds(now_ms_); }
    void pass(std::chrono::milliseconds time) { now_ms_ += time.count(); }

private:
    std::atomic<std::int64_t> now_ms_ = kNow.ms;
};

class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = next_++;
    }

private:
    std::atomic<std::uint8_t> next_ = 0;
};

// Two applications: kAppId with app_keys(), and another with other_keys().
Apps two_apps();

Json biz_of_page_pay();
// A request's parameters without sign, all in order.
Fields unsigned_request(const std::string& method, const Json& biz);
// With sign, made as an application should make it.
Fields signed_with(Fields fields, const std::string& private_pem, SignType type = SignType::rsa2);
Fields signed_request(const std::string& method, const Json& biz);

Fields without(Fields fields, const std::string& name);
Fields with(Fields fields, const std::string& name, const std::string& value);

}  // namespace tollgate::sandbox
