// The methods that make a trade (protocol notes 9.1 to 9.6).
#include <array>

#include "gateway/alipay/method.h"
#include "gateway/alipay/wire_fields.h"

namespace tollgate::gateway {
namespace {

using Kind = WireKind;
constexpr bool kRequired = true;

constexpr WireField kOutTradeNo{"out_trade_no", Kind::number, 64, kRequired};
constexpr WireField kTotalAmount{"total_amount", Kind::amount, 12, kRequired};
constexpr WireField kSubject{"subject", Kind::subject, 256, kRequired};
constexpr WireField kBody{"body", Kind::text, 128};
constexpr WireField kSellerId{"seller_id", Kind::text, 28};
constexpr WireField kTimeExpire{"time_expire", Kind::expiry, 32};
constexpr WireField kTimeoutExpress{"timeout_express", Kind::duration, 6};
constexpr WireField kGoodsDetail{"goods_detail", Kind::list, 16'384};
constexpr WireField kStoreId{"store_id", Kind::text, 32};
constexpr WireField kOperatorId{"operator_id", Kind::text, 28};
constexpr WireField kTerminalId{"terminal_id", Kind::text, 32};
constexpr WireField kEnable{"enable_pay_channels", Kind::text, 128};
constexpr WireField kDisable{"disable_pay_channels", Kind::text, 128};
constexpr WireField kExtendParams{"extend_params", Kind::object, 4'096};
constexpr WireField kBusinessParams{"business_params", Kind::object, 4'096};
constexpr WireField kPassback{"passback_params", Kind::text, 512};
constexpr WireField kGoodsType{"goods_type", Kind::choice, 0, false, "0 1"};
constexpr WireField kMerchantOrderNo{"merchant_order_no", Kind::text, 32};
constexpr WireField kDiscountable{"discountable_amount", Kind::amount, 12};
constexpr WireField kUndiscountable{"undiscountable_amount", Kind::amount, 12};
constexpr WireField kQueryOptions{"query_options", Kind::texts, 1'024};
constexpr WireField kSpecifiedChannel{"specified_channel", Kind::text, 128};
constexpr WireField kBuyerId{"buyer_id", Kind::user_id, 28};
constexpr std::string_view kChannels = "enable_pay_channels disable_pay_channels";

// What every trade is made of.
constexpr std::array kOrderFields = {kOutTradeNo, kTotalAmount, kSubject};

// What the buyer opens himself has in common …
constexpr std::array kOpenedFields = {
    kTimeExpire, kTimeoutExpress,  kGoodsDetail, kPassback, kExtendParams,  kGoodsType,
    kStoreId,    kMerchantOrderNo, kEnable,      kDisable,  kBusinessParams};
// … and what we ask for.
constexpr std::array kAskedFields = {kBody,           kSellerId,   kGoodsDetail,  kDiscountable,
                                     kUndiscountable, kStoreId,    kOperatorId,   kTerminalId,
                                     kTimeoutExpress, kTimeExpire, kExtendParams, kPassback,
                                     kQueryOptions};

constexpr auto kPageFields = joined(
    kOrderFields,
    std::array{WireField{"product_code", Kind::choice, 0, kRequired, "FAST_INSTANT_TRADE_PAY"},
               kBody, WireField{"qr_pay_mode", Kind::choice, 0, false, "0 1 2 3 4"},
               WireField{"qrcode_width", Kind::whole, 10'000},
               WireField{"integration_type", Kind::choice, 0, false, "PCWEB ALIAPP"},
               WireField{"request_from_url", Kind::text, 256}},
    kOpenedFields);

constexpr auto kWapFields =
    joined(kOrderFields,
           std::array{WireField{"product_code", Kind::choice, 0, kRequired, "QUICK_WAP_WAY"}, kBody,
                      WireField{"quit_url", Kind::text, 400}, kSellerId, kSpecifiedChannel},
           kOpenedFields);

constexpr auto kAppFields =
    joined(kOrderFields,
           std::array{WireField{"product_code", Kind::choice, 0, false, "QUICK_MSECURITY_PAY"},
                      kBody, kSellerId, kSpecifiedChannel},
           kOpenedFields);

constexpr auto kPrecreateFields = joined(
    kOrderFields,
    std::array{
        WireField{"product_code", Kind::choice, 0, false, "QR_CODE_OFFLINE FACE_TO_FACE_PAYMENT"},
        WireField{"qr_code_timeout_express", Kind::duration, 6}},
    kAskedFields);

constexpr auto kCreateFields = joined(
    kOrderFields,
    std::array{
        WireField{"product_code", Kind::choice, 0, kRequired, "JSAPI_PAY FACE_TO_FACE_PAYMENT"},
        WireField{"op_app_id", Kind::number, 32}, kBuyerId,
        WireField{"buyer_open_id", Kind::text, 128}, WireField{"buyer_logon_id", Kind::text, 100},
        kBusinessParams, WireField{"receiver_address_info", Kind::object, 4'096},
        WireField{"logistics_detail", Kind::object, 4'096}},
    kAskedFields);

constexpr auto kPayFields = joined(
    kOrderFields,
    std::array{
        WireField{"auth_code", Kind::auth_code, 64},
        WireField{"scene", Kind::choice, 0, false, "bar_code security_code"},
        WireField{"product_code", Kind::choice, 0, false,
                  "FACE_TO_FACE_PAYMENT OFFLINE_PAYMENT PRE_AUTH PRE_AUTH_ONLINE PREAUTH_PAY"},
        kBusinessParams, WireField{"auth_no", Kind::number, 64}, kBuyerId,
        WireField{"auth_confirm_mode", Kind::choice, 0, false, "COMPLETE NOT_COMPLETE"}},
    kAskedFields);

constexpr std::string_view kSeller = "the seller's account cannot take this payment";
constexpr std::string_view kBuyer = "the buyer's account cannot make this payment";
constexpr std::string_view kLimit = "an amount or a limit stands against it";

// What every method that makes a trade at once may hear.
constexpr CodeRule kPaidBefore{"TRADE_HAS_SUCCESS", AnswerKind::wait,
                               "this number is paid already: query it"};
constexpr CodeRule kClosedBefore{"TRADE_HAS_CLOSE", AnswerKind::refused,
                                 "this number's trade is closed: a new payment needs a new number"};
constexpr CodeRule kOtherContent{
    "CONTEXT_INCONSISTENT", AnswerKind::refused,
    "this number is in use with other content: query it before anything else"};
constexpr CodeRule kTooLate{"NOW_TIME_AFTER_EXPIRE_TIME_ERROR", AnswerKind::refused,
                            "the payment's time was over before the call came"};
constexpr CodeRule kSellerRefused{
    "MERCHANT_STATUS_NOT_NORMAL RISK_MERCHANT_IP_NOT_EXIST SELLER_BEEN_BLOCKED "
    "SECONDARY_MERCHANT_* INVALID_STORE_ID MERCHANT_PERM_RECEIPT_*",
    AnswerKind::refused, kSeller};
constexpr CodeRule kLimits{
    "TOTAL_FEE_EXCEED BEYOND_* PRODUCT_AMOUNT_LIMIT_ERROR "
    "REQUEST_AMOUNT_EXCEED",
    AnswerKind::refused, kLimit};
constexpr CodeRule kContent{
    "EXIST_FORBIDDEN_WORD SUB_GOODS_SIZE_MAX_COUNT INVALID_PARAMETER "
    "ILLEGAL_ARGUMENT",
    AnswerKind::refused, "a field of the request is not acceptable"};

constexpr std::array kPrecreateCodes = {
    kPaidBefore,
    kClosedBefore,
    kOtherContent,
    kTooLate,
    CodeRule{"APPLY_PC_MERCHANT_CODE_ERROR", AnswerKind::wait,
             "this number has asked for a code before: query it"},
    kSellerRefused,
    kLimits,
    kContent};

constexpr std::array kCreateCodes = {
    kPaidBefore,
    kClosedBefore,
    kOtherContent,
    kTooLate,
    kSellerRefused,
    kLimits,
    kContent,
    CodeRule{"BUYER_NOT_EXIST PAYER_UNMATCHED USER_LOGONID_DUP OPEN_ID_NOT_TINY_APP "
             "UNBOUND_APPLICATION",
             AnswerKind::refused, "the buyer is none of this app: compare open_id and op_app_id"},
    CodeRule{"BIZ_PRODUCT_NOT_ALLOWED", AnswerKind::refused,
             "the app has no contract for this product"}};

constexpr std::array kPayCodes = {
    kPaidBefore,
    kClosedBefore,
    kOtherContent,
    kTooLate,
    kSellerRefused,
    kLimits,
    kContent,
    CodeRule{"PAYMENT_AUTH_CODE_INVALID", AnswerKind::refused,
             "the payment code is used or over: scan a fresh one, under a new out_trade_no"},
    CodeRule{"BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH "
             "ERROR_BALANCE_PAYMENT_DISABLE NO_PAYMENT_INSTRUMENTS_AVAILABLE",
             AnswerKind::refused, "the buyer has not enough money there: pay in another way"},
    CodeRule{"PULL_MOBILE_CASHIER_FAIL MOBILE_PAYMENT_SWITCH_OFF PAYMENT_FAIL "
             "PAYMENT_REQUEST_HAS_RISK USER_FACE_PAYMENT_SWITCH_OFF BUYER_ENABLE_STATUS_FORBID "
             "BUYER_SELLER_EQUAL TRADE_BUYER_NOT_MATCH",
             AnswerKind::refused, kBuyer},
    CodeRule{"AGREEMENT_* AUTH_NO_ERROR AUTH_AMOUNT_NOT_ENOUGH AUTH_ORDER_* "
             "PRE_AUTH_PROD_CODE_INCONSISTENT",
             AnswerKind::refused, "the authorisation does not cover this payment"}};

constexpr std::array kPrecreateAnswer = {AnswerField{"out_trade_no"},
                                         AnswerField{"qr_code", kRequired}};
constexpr std::array kCreateAnswer = {AnswerField{"out_trade_no"},
                                      AnswerField{"trade_no", kRequired}};
constexpr std::array kPayAnswer = {AnswerField{"out_trade_no"}, AnswerField{"trade_no"},
                                   AnswerField{"total_amount"}, AnswerField{"gmt_payment"}};

constexpr std::string_view kApi = "POST /v1/payments";

constexpr std::array kMethods = {
    Method{.name = "alipay.trade.page.pay",
           .carrier = Carrier::browser,
           .takes_notify_url = true,
           .api = kApi,
           .fields = kPageFields,
           .not_both = kChannels},
    Method{.name = "alipay.trade.wap.pay",
           .carrier = Carrier::browser,
           .takes_notify_url = true,
           .api = kApi,
           .fields = kWapFields,
           .not_both = kChannels},
    Method{.name = "alipay.trade.app.pay",
           .carrier = Carrier::app,
           .takes_notify_url = true,
           .api = kApi,
           .fields = kAppFields,
           .not_both = kChannels},
    Method{.name = "alipay.trade.precreate",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .api = kApi,
           .fields = kPrecreateFields,
           .answer = kPrecreateAnswer,
           .codes = kPrecreateCodes},
    Method{.name = "alipay.trade.create",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .api = kApi,
           .fields = kCreateFields,
           .one_of = "buyer_id|buyer_open_id|buyer_logon_id",
           .answer = kCreateAnswer,
           .codes = kCreateCodes},
    Method{.name = "alipay.trade.pay",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .repeat = Repeat::after_asking,
           .after_unknown = AfterUnknown::poll_then_cancel,
           .api = kApi,
           .fields = kPayFields,
           .one_of = "auth_code|auth_no",
           .answer = kPayAnswer,
           .codes = kPayCodes},
};

}  // namespace

std::span<const Method> creating_methods() {
    return kMethods;
}

}  // namespace tollgate::gateway
