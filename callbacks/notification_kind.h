#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signing/fields.h"

namespace tollgate::callbacks {

// What a verified notification is about (protocol notes 4.10). Only `trade` moves payments.
enum class NotificationKind {
    trade,               // trade_status_sync.
    fund_authorisation,  // fund_auth_freeze, fund_auth_unfreeze.
    deposit_back,        // alipay.trade.refund.depositback.completed: a refund at the buyer's bank.
    settlement,          // alipay.trade.settle.…, alipay.trade.order.settle.…
    transfer,            // alipay.fund.trans.…
    complaint,           // alipay.….complain….
    app_authorisation,   // open_app_auth_notify and its like.
    unknown,             // A kind that is in no document here; verified and kept all the same.
};

NotificationKind notification_kind(const signing::Fields& fields);

// "fund_authorisation": stands as the reason of a row that moved nothing.
std::string_view name_of(NotificationKind kind);

// A value of the notification, or of the JSON object in the biz_content of a msg_method message
// ("FROM Ant"), whose business stands there. Nothing when it is absent, empty or no text.
std::optional<std::string> business_value(const signing::Fields& fields, std::string_view name);

// The merchant's number of the refund or operation that it is about: out_biz_no, or
// out_request_no, which is its name where there is no trade_status.
std::optional<std::string> operation_number(const signing::Fields& fields);

}  // namespace tollgate::callbacks
