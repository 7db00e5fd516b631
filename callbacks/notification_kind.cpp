#include "callbacks/notification_kind.h"

#include "base/check.h"
#include "signing/json_scan.h"

namespace tollgate::callbacks {
namespace {

using signing::Fields;
using Kind = NotificationKind;

Kind kind_of_message(std::string_view method) {
    if (method == "alipay.trade.refund.depositback.completed") return Kind::deposit_back;
    if (method.starts_with("alipay.fund.trans.")) return Kind::transfer;
    if (method.starts_with("alipay.trade.settle.") ||
        method.starts_with("alipay.trade.order.settle.")) {
        return Kind::settlement;
    }
    if (method.find("complain") != std::string_view::npos) return Kind::complaint;
    if (method.starts_with("alipay.open.auth.")) return Kind::app_authorisation;
    return Kind::unknown;
}

std::optional<std::string> text_of(const Fields& fields, std::string_view name) {
    const auto value = signing::find(fields, name);
    if (!value || value->empty()) return std::nullopt;
    return std::string(*value);
}

std::optional<std::string> member_of(std::string_view json, std::string_view name) {
    const auto members = signing::scan_json_object(json);
    if (!members) return std::nullopt;
    for (const auto& member : *members) {
        if (member.name != name) continue;
        auto text = signing::decode_json_string(member.value);
        if (!text || text->empty()) return std::nullopt;
        return *std::move(text);
    }
    return std::nullopt;
}

}  // namespace

Kind notification_kind(const Fields& fields) {
    const auto type = signing::find(fields, "notify_type").value_or("");
    if (type == "trade_status_sync") return Kind::trade;
    if (type.starts_with("fund_auth_")) return Kind::fund_authorisation;
    if (type == "open_app_auth_notify") return Kind::app_authorisation;
    return kind_of_message(signing::find(fields, "msg_method").value_or(""));
}

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::trade: return "trade";
        case Kind::fund_authorisation: return "fund_authorisation";
        case Kind::deposit_back: return "deposit_back";
        case Kind::settlement: return "settlement";
        case Kind::transfer: return "transfer";
        case Kind::complaint: return "complaint";
        case Kind::app_authorisation: return "app_authorisation";
        case Kind::unknown: return "unknown_kind";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<std::string> business_value(const Fields& fields, std::string_view name) {
    if (auto value = text_of(fields, name)) return value;
    if (!signing::find(fields, "msg_method")) return std::nullopt;
    return member_of(signing::find(fields, "biz_content").value_or(""), name);
}

std::optional<std::string> operation_number(const Fields& fields) {
    if (auto number = business_value(fields, "out_biz_no")) return number;
    if (notification_kind(fields) == Kind::trade) return std::nullopt;
    return business_value(fields, "out_request_no");
}

}  // namespace tollgate::callbacks
