#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "base/tally.h"
#include "gateway/alipay/answer.h"
#include "gateway/alipay/method.h"

namespace tollgate::gateway {

// How Alipay answers, by method. From any thread; a call costs milliseconds, the lock none of them.
class AlipayMeter {
public:
    void note(const Method& method, const Result<AlipayAnswer>& answer,
              std::chrono::nanoseconds took);

    struct Answers {
        std::string method;
        std::string outcome;  // An AnswerKind's name; "unavailable", "outcome_unknown" without one.
        std::string code;     // See code_label().
        std::uint64_t count = 0;
    };
    struct Took {
        std::string method;
        Tally::Reading us;
    };
    std::vector<Answers> answers() const;
    std::vector<Took> took() const;

    // The code by which an answer is counted: one that the method's description names, or one of
    // the gateway's own; "other" for the rest, so that nobody's answers can make up labels.
    static std::string code_label(const Method& method, const AlipayAnswer& answer);

private:
    mutable std::mutex mutex_;
    std::map<std::tuple<std::string_view, std::string, std::string>, std::uint64_t> answers_;
    std::map<std::string_view, Tally> took_;  // By method; names live for ever.
};

}  // namespace tollgate::gateway
