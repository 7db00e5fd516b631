#include "gateway/alipay_meter.h"

#include <algorithm>
#include <array>

namespace tollgate::gateway {
namespace {

constexpr std::array<std::int64_t, 12> kCallBounds = {5'000,     10'000,    25'000,     50'000,
                                                      100'000,   250'000,   500'000,    1'000'000,
                                                      2'500'000, 5'000'000, 10'000'000, 30'000'000};
constexpr std::array<std::string_view, 8> kGatewayCodes = {"10000", "10003", "20000", "20001",
                                                           "40001", "40002", "40003", "40006"};

// The word among others with spaces between.
bool holds_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t space = std::min(words.find(' '), words.size());
        if (words.substr(0, space) == word) return true;
        words.remove_prefix(std::min(space + 1, words.size()));
    }
    return false;
}

}  // namespace

std::string AlipayMeter::code_label(const Method& method, const AlipayAnswer& answer) {
    if (answer.sub_code.empty()) {
        if (answer.code.empty()) return "none";
        const bool known = std::ranges::find(kGatewayCodes, answer.code) != kGatewayCodes.end();
        return known ? answer.code : "other";
    }
    const std::string_view plain = plain_code(answer.sub_code);
    const bool named = std::ranges::any_of(
        method.codes, [plain](const CodeRule& rule) { return holds_word(rule.codes, plain); });
    return named ? std::string(plain) : "other";
}

void AlipayMeter::note(const Method& method, const Result<AlipayAnswer>& answer,
                       std::chrono::nanoseconds took) {
    const std::string outcome(answer ? name_of(answer->kind)
                                     : tollgate::name_of(answer.error().code()));
    const std::string code = answer ? code_label(method, *answer) : "none";
    const std::lock_guard lock(mutex_);
    ++answers_[{method.name, outcome, code}];
    took_.try_emplace(method.name, kCallBounds)
        .first->second.note(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

std::vector<AlipayMeter::Answers> AlipayMeter::answers() const {
    const std::lock_guard lock(mutex_);
    std::vector<Answers> answers;
    for (const auto& [key, count] : answers_) {
        const auto& [method, outcome, code] = key;
        answers.push_back({std::string(method), outcome, code, count});
    }
    return answers;
}

std::vector<AlipayMeter::Took> AlipayMeter::took() const {
    const std::lock_guard lock(mutex_);
    std::vector<Took> took;
    for (const auto& [method, tally] : took_) took.push_back({std::string(method), tally.read()});
    return took;
}

}  // namespace tollgate::gateway
