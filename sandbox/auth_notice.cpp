#include "sandbox/auth_notice.h"

#include "base/time_text.h"

namespace tollgate::sandbox {

Notice auth_notice(const AuthOrder& auth, const Operation& operation) {
    const FreezeOrder& order = auth.order;
    const bool freeze = operation.type == OperationType::freeze;
    const std::string type = freeze ? "fund_auth_freeze" : "fund_auth_unfreeze";
    Notice notice{.url = operation.notify_url,
                  .charset = order.charset,
                  .sign_type = order.sign_type,
                  .kind = type,
                  .out_trade_no = order.out_order_no,
                  .trade_no = auth.auth_no,
                  .about = type,
                  .is_message = false,
                  .fields = {{"charset", order.charset},
                             {"notify_type", type},
                             {"version", "1.0"},
                             {"app_id", order.app_id},
                             {"auth_app_id", order.app_id},
                             {"auth_no", auth.auth_no},
                             {"out_order_no", order.out_order_no},
                             {"operation_id", operation.operation_id},
                             {"out_request_no", operation.out_request_no},
                             {"operation_type", std::string(name_of(operation.type))},
                             {"amount", operation.amount.to_yuan()},
                             {"status", std::string(name_of(operation.status))},
                             {"gmt_create", to_beijing(operation.created_at)},
                             {"payer_logon_id", masked(order.payer.logon_id)},
                             {"payer_user_id", order.payer.user_id},
                             {"payee_user_id", order.seller_id},
                             {"payee_logon_id", "seller@sandbox.example"},
                             {"total_freeze_amount", auth.frozen.to_yuan()},
                             {"total_unfreeze_amount", auth.unfrozen.to_yuan()},
                             {"total_pay_amount", auth.paid.to_yuan()},
                             {"rest_amount", rest_of(auth).to_yuan()},
                             {"rest_credit_amount", "0.00"},
                             {"rest_fund_amount", rest_of(auth).to_yuan()},
                             {"credit_amount", "0.00"},
                             {"fund_amount", operation.amount.to_yuan()},
                             {"trans_currency", "CNY"}}};
    if (operation.done_at) {
        notice.fields.push_back({"gmt_trans", to_beijing(*operation.done_at)});
    }
    return notice;
}

}  // namespace tollgate::sandbox
