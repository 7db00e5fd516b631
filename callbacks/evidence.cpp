#include "callbacks/evidence.h"

#include <nlohmann/json.hpp>

#include "base/time_text.h"

namespace tollgate::callbacks {

Evidence read_evidence(std::string_view text) {
    constexpr bool kThrow = false;
    const auto json = nlohmann::json::parse(text, nullptr, kThrow);
    const auto member = [&](const char* name) {
        return json.is_object() && json.contains(name) && json[name].is_string()
                   ? json[name].get<std::string>()
                   : std::string();
    };
    Evidence evidence{.trade_no = member("trade_no"),
                      .trade_status = member("trade_status"),
                      .bill_kind = member("bill_kind"),
                      .amount = std::nullopt,
                      .paid_at = std::nullopt};
    if (const auto amount = Money::parse_yuan(member("total_amount"))) evidence.amount = *amount;
    // A notification and a bill have Alipay's form of it, a query ours.
    if (const auto at = parse_beijing(member("gmt_payment"))) evidence.paid_at = *at;
    if (const auto at = parse_rfc3339(member("paid_at"))) evidence.paid_at = *at;
    return evidence;
}

bool tells_of_more_money(std::string_view newer, std::string_view older) {
    const Evidence now = read_evidence(newer);
    const Evidence then = read_evidence(older);
    return now.says_paid() && (!then.says_paid() || now.amount != then.amount);
}

}  // namespace tollgate::callbacks
