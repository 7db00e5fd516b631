#include "sandbox/deposit_back_notice.h"

#include "base/check.h"
#include "base/time_text.h"
#include "sandbox/json.h"

namespace tollgate::sandbox {

Notice deposit_back_notice(const Trade& trade, const Refund& refund, const std::string& url) {
    TOLLGATE_CHECK(refund.deposit_back.has_value());
    const DepositBack& back = *refund.deposit_back;
    const Json biz = {{"trade_no", trade.trade_no},
                      {"out_trade_no", trade.order.out_trade_no},
                      {"out_request_no", refund.out_request_no},
                      {"dback_status", back.status},
                      {"dback_amount", back.amount.to_yuan()},
                      {"bank_ack_time", to_beijing(back.at)},
                      {"est_bank_receipt_time", to_beijing(back.at)}};
    return {.url = url,
            .charset = "utf-8",
            .sign_type = trade.order.sign_type,
            .kind = "deposit_back",
            .out_trade_no = trade.order.out_trade_no,
            .trade_no = trade.trade_no,
            .about = "depositback " + back.status,
            .is_message = true,
            .fields = {{"charset", "utf-8"},
                       {"version", "1.1"},
                       {"msg_method", "alipay.trade.refund.depositback.completed"},
                       {"app_id", trade.order.app_id},
                       {"biz_content", to_text(biz)}}};
}

}  // namespace tollgate::sandbox
