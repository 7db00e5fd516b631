// The methods about a trade that is there: query, close, cancel, refund (protocol notes 9.7 to
// 9.11).
#include <array>

#include "gateway/alipay/method.h"

namespace tollgate::gateway {
namespace {

using Kind = WireKind;
constexpr bool kRequired = true;

constexpr WireField kOutTradeNo{"out_trade_no", Kind::number, 64};
constexpr WireField kTradeNo{"trade_no", Kind::number, 64};
constexpr WireField kOperatorId{"operator_id", Kind::text, 28};
constexpr WireField kQueryOptions{"query_options", Kind::texts, 1'024};
constexpr std::string_view kEitherNumber = "out_trade_no|trade_no";

constexpr std::array kQueryFields = {kOutTradeNo, kTradeNo, WireField{"org_pid", Kind::user_id, 16},
                                     kQueryOptions};
constexpr std::array kCloseFields = {kOutTradeNo, kTradeNo, kOperatorId};
constexpr std::array kCancelFields = {kOutTradeNo, kTradeNo};
constexpr std::array kRefundFields = {
    kOutTradeNo,
    kTradeNo,
    WireField{"refund_amount", Kind::amount, 12, kRequired},
    // Not required by Alipay; without it a second refund could not be told from a repeat.
    WireField{"out_request_no", Kind::number, 64, kRequired},
    WireField{"refund_reason", Kind::text, 256},
    WireField{"refund_currency", Kind::choice, 0, false, "CNY"},
    WireField{"refund_goods_detail", Kind::list, 16'384},
    kOperatorId,
    WireField{"store_id", Kind::text, 32},
    WireField{"terminal_id", Kind::text, 32},
    kQueryOptions,
};
// Those that others chose, at Alipay's own pages, may hold any character: only ours are numbers.
constexpr std::array kRefundQueryFields = {
    kOutTradeNo, kTradeNo, WireField{"out_request_no", Kind::text, 64, kRequired}, kQueryOptions};

constexpr CodeRule kNoTrade{"TRADE_NOT_EXIST", AnswerKind::refused,
                            "Alipay has no such trade: the buyer has not opened the cashier, or "
                            "the number is another app's"};
constexpr CodeRule kParameter{"INVALID_PARAMETER", AnswerKind::refused,
                              "a field of the request is not acceptable"};

constexpr std::array kQueryCodes = {
    kNoTrade, kParameter,
    CodeRule{"ENTERPRISE_PAY_BIZ_ERROR", AnswerKind::wait,
             "the buyer's company account did not answer: query again"}};
constexpr std::array kCloseCodes = {
    kNoTrade, kParameter,
    CodeRule{"TRADE_STATUS_ERROR REASON_TRADE_STATUS_INVALID REASON_ILLEGAL_STATUS",
             AnswerKind::wait,
             "the trade does not wait for its buyer any more: query it and follow what it says"}};
constexpr std::array kCancelCodes = {
    kNoTrade, kParameter,
    CodeRule{"SELLER_BALANCE_NOT_ENOUGH", AnswerKind::refused,
             "the seller's account has not enough money to send back: top it up, then cancel "
             "again"},
    CodeRule{"TRADE_CANCEL_TIME_OUT", AnswerKind::refused,
             "a trade can be cancelled for 24 hours: refund it instead"},
    CodeRule{"REASON_TRADE_BEEN_FREEZEN TRADE_HAS_FINISHED REASON_TRADE_REFUND_FEE_ERR "
             "CANCEL_NOT_ALLOWED",
             AnswerKind::refused, "this trade cannot be cancelled"}};
constexpr std::array kRefundCodes = {
    kNoTrade,
    kParameter,
    CodeRule{"SELLER_BALANCE_NOT_ENOUGH", AnswerKind::refused,
             "the seller's account has not enough money: top it up, then send the same refund "
             "again under the same out_request_no"},
    CodeRule{"DISCORDANT_REPEAT_REQUEST", AnswerKind::refused,
             "this out_request_no is done with another amount: query it, and use a new number"},
    CodeRule{"REFUND_AMT_NOT_EQUAL_TOTAL REASON_TRADE_REFUND_FEE_ERR REFUND_FEE_ERROR "
             "NOT_ALLOW_PARTIAL_REFUND ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND CURRENCY_NOT_SUPPORT",
             AnswerKind::refused, "this amount cannot be refunded"},
    CodeRule{"TRADE_HAS_FINISHED", AnswerKind::refused, "the time for refunds is over"},
    CodeRule{"TRADE_STATUS_ERROR TRADE_HAS_CLOSE TRADE_NOT_ALLOW_REFUND "
             "REASON_TRADE_STATUS_INVALID REASON_TRADE_BEEN_FREEZEN",
             AnswerKind::refused, "this trade cannot be refunded as it is: query it"},
    CodeRule{"BUYER_ENABLE_STATUS_FORBID BUYER_NOT_EXIST REFUND_ACCOUNT_NOT_EXIST",
             AnswerKind::refused, "the buyer's account cannot take the money back"},
    CodeRule{"ALLOC_AMOUNT_VALIDATE_ERROR REFUNDALLOC_UNAUTH_LIMIT REFUND_CHARGE_ERROR",
             AnswerKind::refused, "the shares of others stand against it"}};
constexpr std::array kRefundQueryCodes = {kNoTrade, kParameter};

constexpr std::array kQueryAnswer = {AnswerField{"trade_status", kRequired},
                                     AnswerField{"trade_no"},
                                     AnswerField{"out_trade_no"},
                                     AnswerField{"total_amount"},
                                     AnswerField{"send_pay_date"},
                                     AnswerField{"buyer_user_id"},
                                     AnswerField{"buyer_open_id"}};
constexpr std::array kCloseAnswer = {AnswerField{"trade_no"}, AnswerField{"out_trade_no"}};
constexpr std::array kCancelAnswer = {AnswerField{"trade_no"}, AnswerField{"out_trade_no"},
                                      AnswerField{"retry_flag"}, AnswerField{"action"},
                                      AnswerField{"gmt_refund_pay"}};
constexpr std::array kRefundAnswer = {AnswerField{"trade_no"}, AnswerField{"out_trade_no"},
                                      AnswerField{"fund_change"}, AnswerField{"refund_fee"},
                                      AnswerField{"send_back_fee"}};
constexpr std::array kRefundQueryAnswer = {
    AnswerField{"out_request_no"}, AnswerField{"refund_status"},  AnswerField{"refund_amount"},
    AnswerField{"total_amount"},   AnswerField{"gmt_refund_pay"}, AnswerField{"send_back_fee"},
    AnswerField{"error_code"}};

constexpr std::array kMethods = {
    Method{.name = "alipay.trade.query",
           .v3 = Way3::post,
           .may_change = false,
           .repeat = Repeat::harmless,
           .after_unknown = AfterUnknown::repeat,
           .api = "GET /v1/payments/{id}?refresh=1",
           .fields = kQueryFields,
           .one_of = kEitherNumber,
           .answer = kQueryAnswer,
           .codes = kQueryCodes},
    Method{.name = "alipay.trade.close",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::repeat,
           .api = "POST /v1/payments/{id}/close",
           .fields = kCloseFields,
           .one_of = kEitherNumber,
           .answer = kCloseAnswer,
           .codes = kCloseCodes},
    Method{.name = "alipay.trade.cancel",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::repeat_while_told,
           .api = "POST /v1/payments/{id}/cancel",
           .fields = kCancelFields,
           .one_of = kEitherNumber,
           .answer = kCancelAnswer,
           .codes = kCancelCodes},
    Method{.name = "alipay.trade.refund",
           .v3 = Way3::post,
           .after_unknown = AfterUnknown::repeat_same_refund,
           .api = "POST /v1/payments/{id}/refunds",
           .fields = kRefundFields,
           .one_of = kEitherNumber,
           .answer = kRefundAnswer,
           .codes = kRefundCodes},
    Method{.name = "alipay.trade.fastpay.refund.query",
           .v3 = Way3::post,
           .may_change = false,
           .repeat = Repeat::harmless,
           .after_unknown = AfterUnknown::repeat,
           .api = "GET /v1/payments/{id}/refunds/{out_request_no}",
           .fields = kRefundQueryFields,
           .one_of = kEitherNumber,
           .answer = kRefundQueryAnswer,
           .codes = kRefundQueryCodes},
};

}  // namespace

std::span<const Method> trade_methods() {
    return kMethods;
}

}  // namespace tollgate::gateway
