#pragma once

#include <chrono>
#include <optional>

namespace tollgate::tunnel {

// Where a sending stands on Alipay's ladder (protocol notes 4.8): the first one, perhaps three more
// at once, then 4, 10, 10, 60 minutes, 2, 6 and 15 hours after the one before.
struct ResendStep {
    int number = 0;        // 0: the first sending; 1 to 7: the re-send that is due by then.
    bool at_once = false;  // One of those that may follow the first without a wait.
    bool overdue = false;  // Later than the last re-send: somebody else has sent it.
    std::optional<std::chrono::milliseconds> next_after = {};  // Since the first; nothing: no more.
};

inline constexpr int kResendsMax = 7;

// A sending that came so long after the first one, and is the `seen`-th that was seen. Alipay says
// nowhere which one it is, so the time decides, a minute early at most. Pure.
ResendStep resend_step(std::chrono::milliseconds since_first, int seen);

}  // namespace tollgate::tunnel
