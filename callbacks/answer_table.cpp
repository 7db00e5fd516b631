#include "callbacks/answer_table.h"

#include <algorithm>
#include <charconv>

#include "base/time_text.h"
#include "ledger/delivery.h"
#include "transport/address_guard.h"

namespace tollgate::callbacks {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::hours kRetryAfterMax{24};

std::optional<int> number(std::string_view digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
        return std::nullopt;
    }
    return value;
}

std::string_view without_space(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Judgement judge_error(const Error& error) {
    if (error.reason() == transport::kBlockedAddress) {
        return {.disposition = Disposition::give_up, .outcome = "blocked_address"};
    }
    return {.outcome = error.reason() == "timed_out" ? "timeout" : "network_error",
            .endpoint_failed = true};
}

// What the receiver asked for in words of its own (standard-webhooks pull request 291).
std::optional<Judgement> judge_control(const transport::ClientReply& reply) {
    const auto control = transport::find_header(reply.headers, "webhook-delivery");
    if (!control) return std::nullopt;
    if (*control == "abort-message") {
        return Judgement{.disposition = Disposition::cancel, .outcome = "aborted"};
    }
    if (*control == "disable") {
        return Judgement{.disposition = Disposition::park, .outcome = "disabled"};
    }
    return std::nullopt;
}

Judgement judge_status(int status) {
    if (status >= 200 && status < 300) {
        return {.disposition = Disposition::delivered, .outcome = "delivered"};
    }
    if (status >= 300 && status < 400) return {.outcome = "redirected", .endpoint_failed = true};
    if (status == 410) return {.disposition = Disposition::park, .outcome = "gone"};
    if (status == 429) return {.outcome = "throttled", .endpoint_failed = true, .slow_down = true};
    if (status == 503) return {.outcome = "http_error", .endpoint_failed = true, .slow_down = true};
    if (status == 408 || status == 425 || status >= 500 || status < 200) {
        return {.outcome = "http_error", .endpoint_failed = true};
    }
    return {.disposition = Disposition::retry_short, .outcome = ledger::kRefusedOutcome};
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view value, Timestamp now) {
    milliseconds wait{};
    if (!value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
        const auto seconds = number(value);
        wait = seconds ? milliseconds(std::chrono::seconds(*seconds)) : kRetryAfterMax;
    } else {
        const auto at = parse_http_date(value);
        if (!at) return std::nullopt;
        wait = *at - now;
    }
    return std::clamp<milliseconds>(wait, milliseconds(0), kRetryAfterMax);
}

Judgement judge_answer(const Result<transport::ClientReply>& reply, std::string_view success_body,
                       Timestamp now) {
    if (!reply) return judge_error(reply.error());
    Judgement judgement = judge_control(*reply).value_or(judge_status(reply->status));
    const bool says_so = success_body.empty() || without_space(reply->body) == success_body;
    if (judgement.disposition == Disposition::delivered && !says_so) {
        judgement = {.outcome = "wrong_answer", .endpoint_failed = true};
    }
    if (judgement.disposition != Disposition::retry &&
        judgement.disposition != Disposition::retry_short) {
        return judgement;
    }
    if (const auto header = transport::find_header(reply->headers, "retry-after")) {
        judgement.retry_after = parse_retry_after(*header, now);
    }
    judgement.slow_down = judgement.slow_down && judgement.retry_after.has_value();
    return judgement;
}

}  // namespace tollgate::callbacks
