#include <array>
#include <cstdlib>
#include <string>

#include "base/time_text.h"
#include "gateway/doctor/address_checks.h"

namespace tollgate::gateway {
namespace {

constexpr std::int64_t kClockOffMs = 60'000;  // As the gateway itself, which then closes nothing.

// "Wed, 25 Nov 2026 18:50:33 GMT"
std::optional<Timestamp> read_http_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr std::size_t kSize = 29;
    if (text.size() != kSize || !text.ends_with(" GMT")) return std::nullopt;
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
        if (text.substr(8, 3) != kMonths[i]) continue;
        const std::string month = (i < 9 ? "0" : "") + std::to_string(i + 1);
        const auto read = parse_rfc3339(std::string(text.substr(12, 4)) + "-" + month + "-" +
                                        std::string(text.substr(5, 2)) + "T" +
                                        std::string(text.substr(17, 8)) + "Z");
        return read ? std::optional(*read) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Finding> check_clock(Timestamp ours, std::string_view date_header) {
    const auto theirs = read_http_date(date_header);
    if (!theirs) return std::nullopt;
    const std::int64_t off = ours.ms - theirs->ms;
    const std::string seconds = std::to_string(std::llabs(off) / 1000);
    if (std::llabs(off) <= kClockOffMs) {
        return Finding{Severity::good, "", "clock_right",
                       "This machine's clock and Alipay's differ by " + seconds + " s.",
                       "本机时钟与支付宝相差 " + seconds + " 秒。"};
    }
    return Finding{Severity::error, "", "clock_wrong",
                   "This machine's clock is " + seconds + " s " +
                       (off > 0 ? "ahead of" : "behind") +
                       " Alipay's, which refuses such timestamps. Set it by NTP.",
                   "本机时钟比支付宝" + std::string(off > 0 ? "快 " : "慢 ") + seconds +
                       " 秒，请求会因时间戳被拒绝。请用 NTP 校准。"};
}

}  // namespace tollgate::gateway
