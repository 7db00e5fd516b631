// Pre-authorisation: money that is frozen first and taken later (protocol notes 9.16).
#include <array>

#include "gateway/alipay/method.h"
#include "gateway/alipay/wire_fields.h"

namespace tollgate::gateway {
namespace {

using Kind = WireKind;
constexpr bool kRequired = true;

constexpr WireField kOutOrderNo{"out_order_no", Kind::number, 64, kRequired};
constexpr WireField kOutRequestNo{"out_request_no", Kind::number, 64, kRequired};
constexpr WireField kOrderTitle{"order_title", Kind::text, 100, kRequired};
constexpr WireField kAmount{"amount", Kind::amount, 12, kRequired};
constexpr WireField kOffline{"product_code", Kind::choice, 0, kRequired, "PRE_AUTH"};
constexpr WireField kPayeeUserId{"payee_user_id", Kind::user_id, 32};
constexpr WireField kPayeeLogonId{"payee_logon_id", Kind::text, 100};
constexpr WireField kPayTimeout{"pay_timeout", Kind::duration, 5};
constexpr WireField kTimeoutExpress{"timeout_express", Kind::duration, 6};
constexpr WireField kExtraParam{"extra_param", Kind::json_text, 300};
constexpr WireField kEnable{"enable_pay_channels", Kind::text, 1'024};
constexpr WireField kDisable{"disable_pay_channels", Kind::text, 1'024};
constexpr WireField kIdentity{"identity_params", Kind::json_text, 300};
constexpr WireField kDepositMode{"deposit_product_mode", Kind::text, 32};
constexpr WireField kPostPayments{"post_payments", Kind::list, 4'096};
constexpr WireField kBusinessParams{"business_params", Kind::json_text, 1'024};
constexpr WireField kRemark{"remark", Kind::text, 100};
constexpr std::string_view kChannels = "enable_pay_channels disable_pay_channels";

// What every way to freeze has in common.
constexpr std::array kFrozenFields = {kOutOrderNo, kOutRequestNo, kOrderTitle, kAmount};
constexpr std::array kTermsFields = {kPayeeUserId, kPayeeLogonId, kPayTimeout,    kTimeoutExpress,
                                     kExtraParam,  kEnable,       kDisable,       kIdentity,
                                     kDepositMode, kPostPayments, kBusinessParams};

constexpr auto kVoucherFields = joined(kFrozenFields, std::array{kOffline}, kTermsFields);
constexpr auto kFreezeFields = joined(
    std::array{WireField{"auth_code", Kind::auth_code, 64, kRequired},
               WireField{"auth_code_type", Kind::choice, 0, kRequired, "bar_code security_code"}},
    kVoucherFields);
constexpr auto kAppFreezeFields =
    joined(kFrozenFields,
           std::array{WireField{"product_code", Kind::choice, 0, kRequired, "PRE_AUTH_ONLINE"},
                      WireField{"scene_code", Kind::text, 64}},
           kTermsFields);
constexpr std::array kUnfreezeFields = {WireField{"auth_no", Kind::number, 64, kRequired},
                                        kOutRequestNo, kAmount, kRemark, kExtraParam};
constexpr std::array kDetailFields = {
    WireField{"auth_no", Kind::number, 64}, WireField{"out_order_no", Kind::number, 64},
    WireField{"operation_id", Kind::number, 64}, WireField{"out_request_no", Kind::number, 64},
    WireField{"operation_type", Kind::choice, 0, false, "FREEZE UNFREEZE PAY"}};
constexpr std::array kCancelFields = {WireField{"auth_no", Kind::number, 64},
                                      WireField{"operation_id", Kind::number, 64},
                                      WireField{"out_order_no", Kind::number, 64},
                                      WireField{"out_request_no", Kind::number, 64}, kRemark};

// The codes stand in no table by method, so one list serves all of them.
constexpr std::array kCodes = {
    CodeRule{"UNIQUE_VIOLATION", AnswerKind::wait,
             "this number is being worked on, or is in use with other content: query it"},
    CodeRule{"FREEZE_ALREADY_SUCCESS ORDER_ALREADY_FINISH ORDER_ALREADY_CLOSED", AnswerKind::wait,
             "it has ended already: query it and follow what it says"},
    CodeRule{"PAYMENT_AUTH_CODE_INVALID", AnswerKind::refused,
             "the payment code is used or over: scan a fresh one, under new numbers"},
    CodeRule{"MONEY_NOT_ENOUGH USER_BANKCARD_*", AnswerKind::refused,
             "the buyer has not enough money there"},
    CodeRule{"PAYER_USER_STATUS_LIMIT PAYEE_NOT_EXIST PAYER_PAYEE_EQUAL", AnswerKind::refused,
             "one of the two accounts cannot take part"},
    CodeRule{"AUTH_ORDER_NOT_EXIST AUTH_OPERATION_NOT_EXIST", AnswerKind::refused,
             "Alipay has no such authorisation"},
    CodeRule{"REQUEST_AMOUNT_EXCEED", AnswerKind::refused, "more than what is still frozen"},
    CodeRule{"ILLEGAL_STATUS BIZ_ERROR", AnswerKind::refused,
             "not possible in the state in which it is: query it"},
    CodeRule{"CANCEL_OPERATION_TIME_OUT", AnswerKind::refused,
             "too late to cancel it: unfreeze instead"},
    CodeRule{"ACCESS_FORBIDDEN", AnswerKind::refused, "the app has no contract for this product"},
    CodeRule{"ILLEGAL_ARGUMENT", AnswerKind::refused, "a field of the request is not acceptable"}};

constexpr std::array kFreezeAnswer = {
    AnswerField{"auth_no"},        AnswerField{"out_order_no"}, AnswerField{"operation_id"},
    AnswerField{"out_request_no"}, AnswerField{"amount"},       AnswerField{"status", kRequired},
    AnswerField{"payer_user_id"},  AnswerField{"gmt_trans"}};
constexpr std::array kVoucherAnswer = {
    AnswerField{"out_order_no"}, AnswerField{"out_request_no"}, AnswerField{"code_type"},
    AnswerField{"code_value", kRequired}, AnswerField{"code_url"}};
constexpr std::array kUnfreezeAnswer = {
    AnswerField{"auth_no"},        AnswerField{"out_order_no"}, AnswerField{"operation_id"},
    AnswerField{"out_request_no"}, AnswerField{"amount"},       AnswerField{"status", kRequired},
    AnswerField{"gmt_trans"}};
constexpr std::array kDetailAnswer = {
    AnswerField{"auth_no"},         AnswerField{"out_order_no"},
    AnswerField{"order_status"},    AnswerField{"operation_id"},
    AnswerField{"out_request_no"},  AnswerField{"operation_type"},
    AnswerField{"amount"},          AnswerField{"status"},
    AnswerField{"rest_amount"},     AnswerField{"total_freeze_amount"},
    AnswerField{"total_pay_amount"}};
constexpr std::array kCancelAnswer = {AnswerField{"auth_no"}, AnswerField{"out_order_no"},
                                      AnswerField{"operation_id"}, AnswerField{"out_request_no"},
                                      AnswerField{"action"}};

constexpr std::array kMethods = {
    Method{.name = "alipay.fund.auth.order.freeze",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::ask_operation_cancel,
           .api = {},
           .fields = kFreezeFields,
           .not_both = kChannels,
           .answer = kFreezeAnswer,
           .codes = kCodes},
    Method{.name = "alipay.fund.auth.order.voucher.create",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::ask_operation_cancel,
           .api = {},
           .fields = kVoucherFields,
           .not_both = kChannels,
           .answer = kVoucherAnswer,
           .codes = kCodes},
    Method{.name = "alipay.fund.auth.order.app.freeze",
           .carrier = Carrier::app,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::ask_operation_cancel,
           .api = {},
           .fields = kAppFreezeFields,
           .not_both = kChannels,
           .codes = kCodes},
    Method{.name = "alipay.fund.auth.order.unfreeze",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::ask_operation,
           .api = {},
           .fields = kUnfreezeFields,
           .answer = kUnfreezeAnswer,
           .codes = kCodes},
    Method{.name = "alipay.fund.auth.operation.detail.query",
           .v3 = Way3::post,
           .may_change = false,
           .repeat = Repeat::harmless,
           .after_unknown = AfterUnknown::repeat,
           .api = {},
           .fields = kDetailFields,
           .one_of = "auth_no|out_order_no operation_id|out_request_no",
           .answer = kDetailAnswer,
           .codes = kCodes},
    Method{.name = "alipay.fund.auth.operation.cancel",
           .v3 = Way3::post,
           .takes_notify_url = true,
           .after_unknown = AfterUnknown::ask_operation,
           .api = {},
           .fields = kCancelFields,
           .one_of = "auth_no+operation_id|out_order_no+out_request_no",
           .answer = kCancelAnswer,
           .codes = kCodes},
};

}  // namespace

std::span<const Method> fund_methods() {
    return kMethods;
}

}  // namespace tollgate::gateway
