#include "sandbox/notice.h"

#include "base/charset.h"
#include "base/check.h"
#include "base/time_text.h"
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

void add_optional(Fields& fields, std::string_view name, const std::string& value) {
    if (!value.empty()) fields.push_back({.name = std::string(name), .value = value});
}

// gmt_refund has milliseconds, unlike every other time (protocol notes 4.5).
std::string with_milliseconds(Timestamp at) {
    std::string digits = std::to_string(at.ms % 1000);
    digits.insert(0, 3 - digits.size(), '0');
    return to_beijing(at) + "." + digits;
}

void add_payment(Fields& fields, const Trade& trade) {
    const std::string total = trade.order.total.to_yuan();
    fields.push_back({"gmt_payment", to_beijing(*trade.paid_at)});
    add_optional(fields, "buyer_id", trade.order.buyer.user_id);
    add_optional(fields, "buyer_open_id", trade.order.buyer.open_id);
    fields.push_back({"buyer_logon_id", masked(trade.order.buyer.logon_id)});
    fields.push_back({"receipt_amount", total});
    fields.push_back({"buyer_pay_amount", total});
    fields.push_back({"invoice_amount", total});
    fields.push_back({"point_amount", "0.00"});
    fields.push_back(
        {"fund_bill_list", R"([{"amount":")" + total + R"(","fundChannel":"ALIPAYACCOUNT"}])"});
}

std::string kind_of(const Trade& trade, const Refund* refund) {
    if (refund != nullptr) return "refund";
    switch (trade.status) {
        case TradeStatus::wait_buyer_pay: return "waiting";
        case TradeStatus::trade_success: return "paid";
        case TradeStatus::trade_finished: return "finished";
        case TradeStatus::trade_closed: return "closed";
    }
    TOLLGATE_CHECK(false);
}

void add_refund(Fields& fields, const Refund& refund) {
    fields.push_back({"refund_fee", refund.refunded_so_far.to_yuan()});
    fields.push_back({"send_back_fee", refund.amount.to_yuan()});
    fields.push_back({"out_biz_no", refund.out_request_no});
    fields.push_back({"gmt_refund", with_milliseconds(refund.at)});
}

}  // namespace

Notice trade_notice(const Trade& trade, const Refund* refund) {
    const PayOrder& order = trade.order;
    Notice notice{.url = order.notify_url,
                  .charset = order.charset,
                  .sign_type = order.sign_type,
                  .kind = kind_of(trade, refund),
                  .out_trade_no = order.out_trade_no,
                  .trade_no = trade.trade_no,
                  .about = std::string(name_of(trade.status)),
                  .is_message = false,
                  .fields = {{"gmt_create", to_beijing(trade.created_at)},
                             {"charset", order.charset},
                             {"seller_email", "seller@sandbox.example"},
                             {"subject", order.subject},
                             {"notify_type", "trade_status_sync"},
                             {"trade_status", std::string(name_of(trade.status))},
                             {"app_id", order.app_id},
                             {"auth_app_id", order.app_id},
                             {"seller_id", order.seller_id},
                             {"version", "1.0"},
                             {"out_trade_no", order.out_trade_no},
                             {"trade_no", trade.trade_no},
                             {"total_amount", order.total.to_yuan()}}};
    add_optional(notice.fields, "body", order.body);
    add_optional(notice.fields, "passback_params", order.passback_params);
    if (trade.paid_at) add_payment(notice.fields, trade);
    if (refund != nullptr) add_refund(notice.fields, *refund);
    if (trade.closed_at) notice.fields.push_back({"gmt_close", to_beijing(*trade.closed_at)});
    return notice;
}

Result<std::string> notification_body(const Notice& notice, std::string_view notify_id,
                                      Timestamp notify_time, const NoticeSeal& seal) {
    Fields fields = notice.fields;
    fields.push_back({"notify_id", std::string(notify_id)});
    if (notice.is_message) {
        fields.push_back({"utc_timestamp", std::to_string(notify_time.ms)});
    } else {
        fields.push_back({"notify_time", to_beijing(notify_time)});
    }
    const Field cert_sn{.name = "alipay_cert_sn", .value = seal.cert_sn};
    const bool named_behind = !seal.cert_sn.empty() && !seal.cert_sn_is_signed;
    if (!seal.cert_sn.empty() && seal.cert_sn_is_signed) fields.push_back(cert_sn);
    TOLLGATE_TRY(std::string body, signed_form(fields, notice.charset, notice.sign_type, seal.key));
    return named_behind ? to_form({cert_sn}) + "&" + body : body;
}

Result<std::string> signed_form(const Fields& fields, std::string_view charset, SignType sign_type,
                                const PrivateKey& key) {
    TOLLGATE_TRY(Fields bytes, in_charset(fields, charset));
    TOLLGATE_TRY(std::string sign,
                 key.sign(canonical_content(bytes, ContentRule::notification), sign_type));
    bytes.push_back({.name = "sign_type", .value = std::string(name_of(sign_type))});
    bytes.push_back({.name = "sign", .value = std::move(sign)});
    return to_form(bytes);
}

}  // namespace tollgate::sandbox
