#include "signing/parameter_names.h"

#include <algorithm>
#include <array>

namespace tollgate::signing {
namespace {

// Both in byte order, for the binary search.
constexpr auto kReturnNames = std::to_array<std::string_view>(
    {"app_id", "auth_app_id", "charset", "method", "out_trade_no", "seller_id", "sign", "sign_type",
     "timestamp", "total_amount", "trade_no", "version"});

constexpr auto kNotificationNames = std::to_array<std::string_view>({"advance_amount",
                                                                     "agreement_no",
                                                                     "alipay_cert_sn",
                                                                     "amount",
                                                                     "app_id",
                                                                     "auth_app_id",
                                                                     "auth_no",
                                                                     "auth_trade_pay_mode",
                                                                     "bank_ack_time",
                                                                     "biz_content",
                                                                     "body",
                                                                     "buyer_id",
                                                                     "buyer_logon_id",
                                                                     "buyer_open_id",
                                                                     "buyer_pay_amount",
                                                                     "charge_amount",
                                                                     "charge_flags",
                                                                     "charset",
                                                                     "credit_amount",
                                                                     "credit_biz_order_id",
                                                                     "credit_pay_mode",
                                                                     "dback_amount",
                                                                     "dback_status",
                                                                     "discount_amount",
                                                                     "discount_goods_detail",
                                                                     "external_agreement_no",
                                                                     "fund_amount",
                                                                     "fund_bill_list",
                                                                     "gmt_close",
                                                                     "gmt_create",
                                                                     "gmt_payment",
                                                                     "gmt_refund",
                                                                     "gmt_refund_pay",
                                                                     "gmt_trans",
                                                                     "hb_fq_pay_info",
                                                                     "invoice_amount",
                                                                     "mdiscount_amount",
                                                                     "merchant_app_id",
                                                                     "msg_method",
                                                                     "notify_action_type",
                                                                     "notify_id",
                                                                     "notify_time",
                                                                     "notify_type",
                                                                     "operation_id",
                                                                     "operation_type",
                                                                     "out_biz_no",
                                                                     "out_order_no",
                                                                     "out_request_no",
                                                                     "out_trade_no",
                                                                     "passback_params",
                                                                     "pay_amount",
                                                                     "pay_currency",
                                                                     "payee_logon_id",
                                                                     "payee_user_id",
                                                                     "payer_logon_id",
                                                                     "payer_open_id",
                                                                     "payer_user_id",
                                                                     "point_amount",
                                                                     "pre_auth_type",
                                                                     "receipt_amount",
                                                                     "refund_amount",
                                                                     "refund_fee",
                                                                     "refund_reason",
                                                                     "refund_status",
                                                                     "rest_amount",
                                                                     "seller_email",
                                                                     "seller_id",
                                                                     "send_back_fee",
                                                                     "settle_amount",
                                                                     "settle_currency",
                                                                     "settlement_id",
                                                                     "sign",
                                                                     "sign_type",
                                                                     "status",
                                                                     "subject",
                                                                     "total_amount",
                                                                     "total_freeze_amount",
                                                                     "total_pay_amount",
                                                                     "total_unfreeze_amount",
                                                                     "trade_no",
                                                                     "trade_status",
                                                                     "trans_currency",
                                                                     "utc_timestamp",
                                                                     "version",
                                                                     "voucher_detail_list"});

static_assert(std::ranges::is_sorted(kReturnNames));
static_assert(std::ranges::is_sorted(kNotificationNames));

}  // namespace

bool is_return_name(std::string_view name) {
    return std::ranges::binary_search(kReturnNames, name);
}

bool is_notification_name(std::string_view name) {
    return std::ranges::binary_search(kNotificationNames, name);
}

}  // namespace tollgate::signing
