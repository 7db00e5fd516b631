#include "sandbox/messages.h"

#include "base/charset.h"
#include "base/time_text.h"
#include "sandbox/answer.h"
#include "sandbox/content.h"

namespace tollgate::sandbox {
namespace {

Result<Fields> in_charset(const Fields& fields, std::string_view charset) {
    Fields bytes;
    for (const Field& field : fields) {
        TOLLGATE_TRY(std::string value, from_utf8(field.value, charset));
        bytes.push_back({.name = field.name, .value = std::move(value)});
    }
    return bytes;
}

// Signed by the rule of notifications ("V1"): sign_type travels but is not signed.
Result<std::string> signed_form(const Fields& fields, const PayOrder& order,
                                const PrivateKey& key) {
    TOLLGATE_TRY(Fields bytes, in_charset(fields, order.charset));
    TOLLGATE_TRY(std::string sign,
                 key.sign(canonical_content(bytes, ContentRule::notification), order.sign_type));
    bytes.push_back({.name = "sign_type", .value = std::string(name_of(order.sign_type))});
    bytes.push_back({.name = "sign", .value = std::move(sign)});
    return to_form(bytes);
}

void add_optional(Fields& fields, std::string_view name, const std::string& value) {
    if (!value.empty()) fields.push_back({.name = std::string(name), .value = value});
}

}  // namespace

Result<std::string> notification_body(const Trade& trade, std::string_view notify_id,
                                      Timestamp notify_time, const PrivateKey& key) {
    const PayOrder& order = trade.order;
    const std::string total = order.total.to_yuan();
    Fields fields = {
        {"gmt_create", to_beijing(trade.created_at)},
        {"charset", order.charset},
        {"seller_email", "seller@sandbox.example"},
        {"subject", order.subject},
        {"notify_id", std::string(notify_id)},
        {"notify_type", "trade_status_sync"},
        {"notify_time", to_beijing(notify_time)},
        {"trade_status", std::string(name_of(trade.status))},
        {"app_id", order.app_id},
        {"auth_app_id", order.app_id},
        {"seller_id", order.seller_id},
        {"version", "1.0"},
        {"out_trade_no", order.out_trade_no},
        {"trade_no", trade.trade_no},
        {"total_amount", total},
    };
    add_optional(fields, "body", order.body);
    add_optional(fields, "passback_params", order.passback_params);
    if (trade.paid_at) {
        fields.push_back({"gmt_payment", to_beijing(*trade.paid_at)});
        fields.push_back({"buyer_id", std::string(kBuyerId)});
        fields.push_back({"buyer_logon_id", std::string(kBuyerLogonId)});
        fields.push_back({"receipt_amount", total});
        fields.push_back({"buyer_pay_amount", total});
        fields.push_back({"invoice_amount", total});
        fields.push_back({"point_amount", "0.00"});
        fields.push_back(
            {"fund_bill_list", R"([{"amount":")" + total + R"(","fundChannel":"ALIPAYACCOUNT"}])"});
    }
    if (trade.closed_at) fields.push_back({"gmt_close", to_beijing(*trade.closed_at)});
    return signed_form(fields, order, key);
}

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
    TOLLGATE_TRY(const std::string query, signed_form(fields, order, key));
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
