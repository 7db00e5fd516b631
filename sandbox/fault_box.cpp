#include "sandbox/fault_box.h"

#include <string>

namespace tollgate::sandbox {

void FaultBox::set(config::FaultPlan plan) {
    const std::lock_guard lock(mutex_);
    clock_offset_ = plan.clock_offset;
    rules_.clear();
    for (config::FaultRule& rule : plan.rules) rules_.push_back({.rule = std::move(rule)});
    random_ = std::make_unique<SeededRandom>(static_cast<std::uint64_t>(plan.seed));
}

std::optional<config::FaultRule> FaultBox::pick(std::string_view out_trade_no, auto fits) {
    const std::lock_guard lock(mutex_);
    std::optional<config::FaultRule> struck;
    for (FaultCount& count : rules_) {
        const config::FaultRule& rule = count.rule;
        if (!fits(rule.on) || !fits_pattern(rule.out_trade_no, out_trade_no)) continue;
        // Every rule counts what fits it, so that "the second refund" does not depend on the
        // others.
        ++count.fitted;
        if (struck) continue;
        if (rule.nth != 0 && count.fitted != rule.nth) continue;
        if (rule.first != 0 && count.fitted > rule.first) continue;
        if (rule.percent < 100 && random_->below(100) >= static_cast<std::uint64_t>(rule.percent)) {
            continue;
        }
        ++count.struck;
        struck = rule;
    }
    return struck;
}

std::optional<config::FaultRule> FaultBox::for_call(std::string_view method,
                                                    std::string_view out_trade_no) {
    return pick(out_trade_no,
                [method](const std::string& on) { return on == "*" || on == method; });
}

std::optional<config::FaultRule> FaultBox::for_notification(std::string_view kind,
                                                            std::string_view out_trade_no) {
    return pick(out_trade_no, [kind](const std::string& on) {
        return on == "notification" || on == "notification." + std::string(kind);
    });
}

std::chrono::seconds FaultBox::clock_offset() const {
    const std::lock_guard lock(mutex_);
    return clock_offset_;
}

std::vector<FaultCount> FaultBox::counts() const {
    const std::lock_guard lock(mutex_);
    return rules_;
}

bool fits_pattern(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return true;
    // Where to go on when the text after the latest '*' does not fit.
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    std::size_t p = 0;
    std::size_t t = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace tollgate::sandbox
