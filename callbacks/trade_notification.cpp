#include "callbacks/trade_notification.h"

#include "base/time_text.h"

namespace tollgate::callbacks {
namespace {

using signing::Fields;

std::optional<std::string> filled(const Fields& fields, std::string_view name) {
    const auto value = signing::find(fields, name);
    if (!value || value->empty()) return std::nullopt;
    return std::string(*value);
}

// Collects what is missing, so that one refusal names all of it.
class RequiredFields {
public:
    explicit RequiredFields(const Fields& fields) : fields_(fields) {}

    std::string take(std::string_view name) {
        auto value = filled(fields_, name);
        if (value) return *std::move(value);
        missing_ += (missing_.empty() ? "" : ", ") + std::string(name);
        return {};
    }
    const std::string& missing() const { return missing_; }

private:
    const Fields& fields_;
    std::string missing_;
};

Error malformed(std::string_view field, const std::string& why) {
    return Error(ErrorCode::invalid_argument, std::string(field) + ": " + why)
        .because("field_malformed");
}

}  // namespace

Result<TradeNotification> read_trade_notification(const Fields& fields) {
    RequiredFields required(fields);
    TradeNotification notification{.notify_id = required.take("notify_id"),
                                   .app_id = required.take("app_id"),
                                   .out_trade_no = required.take("out_trade_no"),
                                   .trade_no = required.take("trade_no"),
                                   .trade_status = required.take("trade_status"),
                                   .total_amount = {},
                                   .seller_id = required.take("seller_id"),
                                   .paid_at = std::nullopt,
                                   .refund_fee = filled(fields, "refund_fee"),
                                   .gmt_refund = filled(fields, "gmt_refund"),
                                   .out_biz_no = filled(fields, "out_biz_no"),
                                   .dback_status = filled(fields, "dback_status")};
    const std::string amount = required.take("total_amount");
    if (!required.missing().empty()) {
        return Error(ErrorCode::invalid_argument, "missing: " + required.missing())
            .because("field_missing");
    }
    const auto total = Money::parse_yuan(amount);
    if (!total) return malformed("total_amount", total.error().message());
    notification.total_amount = *total;
    if (const auto text = filled(fields, "gmt_payment")) {
        const auto paid_at = parse_beijing(*text);
        if (!paid_at) return malformed("gmt_payment", paid_at.error().message());
        notification.paid_at = *paid_at;
    }
    return notification;
}

std::string kind_of(const Fields& fields) {
    for (const std::string_view name : {"notify_type", "msg_method"}) {
        if (auto kind = filled(fields, name)) return kind->substr(0, 128);
    }
    return "unknown";
}

bool is_refund_report(const TradeNotification& notification) {
    // Some senders fill in every member: a fee of nothing is no refund.
    const auto fee = Money::parse_yuan(notification.refund_fee.value_or(""));
    const bool has_fee = notification.refund_fee && (!fee || fee->fen() > 0);
    return has_fee || notification.gmt_refund;
}

std::optional<ledger::Input> input_of(const TradeNotification& notification) {
    const std::string& status = notification.trade_status;
    if (status == "WAIT_BUYER_PAY") return ledger::Input::trade_waiting;
    if (status == "TRADE_SUCCESS") return ledger::Input::trade_paid;
    if (status == "TRADE_FINISHED") return ledger::Input::trade_finished;
    if (status != "TRADE_CLOSED") return std::nullopt;
    const bool money_came = notification.paid_at || is_refund_report(notification);
    return money_came ? ledger::Input::trade_refunded : ledger::Input::trade_closed_hint;
}

}  // namespace tollgate::callbacks
