#include "sandbox/messages.h"

#include "base/time_text.h"
#include "sandbox/answer.h"
#include "sandbox/notice.h"

namespace tollgate::sandbox {
Result<std::string> return_address(const Trade& trade, Timestamp now, const PrivateKey& key) {
    const PayOrder& order = trade.order;
    if (order.return_url.empty()) return std::string();
    const Fields fields = {
        {"charset", order.charset},
        {"out_trade_no", order.out_trade_no},
        {"method", order.method + ".return"},
        {"total_amount", order.total.to_yuan()},
        {"trade_no", trade.trade_no},
        {"auth_app_id", order.app_id},
        {"version", "1.0"},
        {"app_id", order.app_id},
        {"seller_id", order.seller_id},
        {"timestamp", to_beijing(now)},
    };
    TOLLGATE_TRY(const std::string query, signed_form(fields, order.charset, order.sign_type, key));
    const bool has_query = order.return_url.find('?') != std::string::npos;
    return order.return_url + (has_query ? "&" : "?") + query;
}

std::string app_result(const Trade& trade, Timestamp now, const PrivateKey& key) {
    const Json members = {{"app_id", trade.order.app_id},
                          {"auth_app_id", trade.order.app_id},
                          {"charset", trade.order.charset},
                          {"timestamp", to_beijing(now)},
                          {"out_trade_no", trade.order.out_trade_no},
                          {"total_amount", trade.order.total.to_yuan()},
                          {"trade_no", trade.trade_no},
                          {"seller_id", trade.order.seller_id}};
    std::string text = gateway_answer(success_node(members),
                                      {.method = "alipay.trade.app.pay",
                                       .charset = "utf-8",
                                       .sign_type = trade.order.sign_type,
                                       .has_signature = true},
                                      key)
                           .body;
    text.pop_back();
    return text + R"(,"sign_type":")" + std::string(name_of(trade.order.sign_type)) + R"("})";
}

}  // namespace tollgate::sandbox
