#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "config/fault_settings.h"

namespace tollgate::sandbox {

// A rule and how often it has fitted and struck.
struct FaultCount {
    config::FaultRule rule;
    std::int64_t fitted = 0;
    std::int64_t struck = 0;
};

// Decides what goes wrong: by a plan that can be replaced at any time. The same plan over the same
// happenings strikes the same. Safe to use from several threads.
class FaultBox {
public:
    explicit FaultBox(config::FaultPlan plan = {}) { set(std::move(plan)); }

    void set(config::FaultPlan plan);

    // The first rule that strikes a call of this method, or a notification of this kind ("refund").
    std::optional<config::FaultRule> for_call(std::string_view method,
                                              std::string_view out_trade_no);
    std::optional<config::FaultRule> for_notification(std::string_view kind,
                                                      std::string_view out_trade_no);

    std::chrono::seconds clock_offset() const;
    std::vector<FaultCount> counts() const;

private:
    std::optional<config::FaultRule> pick(std::string_view out_trade_no, auto fits);

    mutable std::mutex mutex_;
    std::chrono::seconds clock_offset_{0};
    std::vector<FaultCount> rules_;
    std::unique_ptr<SeededRandom> random_;
};

// Whether the text fits a pattern in which '*' stands for any text. An empty pattern fits all.
bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace tollgate::sandbox
