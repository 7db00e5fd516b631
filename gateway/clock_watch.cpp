#include "gateway/clock_watch.h"

#include "base/time_text.h"

namespace tollgate::gateway {

void ClockWatch::note(std::string_view date, Timestamp asked_at, Timestamp answered_at) {
    using std::chrono::milliseconds;
    const auto theirs = parse_http_date(date);
    if (!theirs) return;
    milliseconds ahead{0};
    if (*theirs < asked_at) ahead = asked_at - *theirs;
    // No call may take that long: our clock has moved meanwhile, and where it is now is what
    // counts.
    const bool moved = answered_at - asked_at > kApartMax;
    if (moved || *theirs > answered_at) ahead = answered_at - *theirs;
    ahead_ms_ = ahead.count();
    const bool trusted = ahead <= kApartMax && -ahead <= kApartMax;
    if (trusted_.exchange(trusted) == trusted) return;
    if (trusted) {
        log_.info("clock.agrees_again", {{"ahead_ms", ahead.count()}});
        return;
    }
    log_.error("clock.differs",
               {{"ahead_ms", ahead.count()},
                {"meaning",
                 "our clock and Alipay's are more than 60 s apart: no payment is "
                 "closed by time alone until they agree; look at this machine's time"}});
}

}  // namespace tollgate::gateway
