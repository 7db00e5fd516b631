#include "gateway/preauth_calls.h"

#include "gateway/preauth_unit.h"

namespace tollgate::gateway {

AlipayClient::Call preauth_call(const DuePreauth& due, const std::string& id) {
    const ledger::Preauthorisation& preauth = due.preauth;
    AlipayClient::Call call{.app = due.app,
                            .method = "alipay.fund.auth.operation.detail.query",
                            .biz_content = {{"out_order_no", preauth.out_auth_no},
                                            {"out_request_no", preauth.out_auth_no}},
                            .notify_url = "",
                            .request_id = id,
                            .payment_id = due.preauth.id};
    switch (due.call) {
        case PreauthCall::freeze:
        case PreauthCall::freeze_again:
        case PreauthCall::freeze_query: call.biz_content["operation_type"] = "FREEZE"; break;
        case PreauthCall::operation_cancel:
            call.method = "alipay.fund.auth.operation.cancel";
            break;
        case PreauthCall::unfreeze:
            call.method = "alipay.fund.auth.order.unfreeze";
            call.biz_content = {{"auth_no", preauth.auth_no.value_or("")},
                                {"out_request_no", preauth.out_auth_no + "_U"},
                                {"amount", preauth.amount.to_yuan()},
                                {"remark", "cancelled"}};
            break;
        case PreauthCall::pay:
            call.method = "alipay.trade.pay";
            call.biz_content = {{"out_trade_no", preauth.out_auth_no},
                                {"total_amount", preauth.capture.value_or(Money()).to_yuan()},
                                {"subject", preauth.subject},
                                {"product_code", preauth_product_code(preauth.product)},
                                {"seller_id", preauth.seller_id},
                                {"auth_no", preauth.auth_no.value_or("")},
                                // What is not taken is let go with it.
                                {"auth_confirm_mode", "COMPLETE"}};
            if (preauth.payer_id) call.biz_content["buyer_id"] = *preauth.payer_id;
            call.is_repeat = preauth.attempts > 1;
            break;
        case PreauthCall::trade_query:
            call.method = "alipay.trade.query";
            call.biz_content = {{"out_trade_no", preauth.out_auth_no}};
            break;
    }
    return call;
}

}  // namespace tollgate::gateway
