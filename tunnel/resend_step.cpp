#include "tunnel/resend_step.h"

#include <array>

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// Since the first sending.
constexpr std::array<minutes, kResendsMax + 1> kDue = {minutes(0),   minutes(4),   minutes(14),
                                                       minutes(24),  minutes(84),  minutes(204),
                                                       minutes(564), minutes(1464)};
constexpr minutes kEarly{1};
// Alipay ends after 25 hours; whatever comes much later is not its own sending.
constexpr minutes kEnd{25 * 60 + 60};

}  // namespace

ResendStep resend_step(milliseconds since_first, int seen) {
    ResendStep step;
    for (int i = 1; i <= kResendsMax; ++i) {
        if (since_first + kEarly >= kDue.at(static_cast<std::size_t>(i))) step.number = i;
    }
    step.at_once = step.number == 0 && seen > 1;
    step.overdue = since_first > kEnd;
    if (step.number < kResendsMax) {
        step.next_after = kDue.at(static_cast<std::size_t>(step.number) + 1);
    }
    return step;
}

}  // namespace tollgate::tunnel
