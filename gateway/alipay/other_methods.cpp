// Bills, a buyer's token, Alipay's certificates (protocol notes 9.12, 9.17, 5.4).
#include <array>

#include "gateway/alipay/method.h"

namespace tollgate::gateway {
namespace {

using Kind = WireKind;
constexpr bool kRequired = true;

constexpr std::array kBillFields = {
    WireField{"bill_type", Kind::choice, 0, kRequired,
              "trade signcustomer merchant_act trade_zft_merchant zft_acc settlementMerge"},
    WireField{"bill_date", Kind::bill_date, 10, kRequired},
    WireField{"smid", Kind::number, 20},
};
constexpr std::array kBillCodes = {
    CodeRule{"NO_BILL_DATA BILL_NOT_EXIST BILL_DATE_BEFORE_REGISTRATION", AnswerKind::refused,
             "there is no such bill: nothing happened then, or it is not ready (about 9:00 on the "
             "next day, about the 3rd of the next month)"},
    CodeRule{"SYSTEM_RATE_LIMIT USER_RATE_LIMIT", AnswerKind::wait,
             "too many calls: slow down, then send it again"},
    CodeRule{"TYPE_NOT_SUPPORTED INVAILID_ARGUMENTS INVALID_ARGUMENTS", AnswerKind::refused,
             "a field of the request is not acceptable"}};
constexpr std::array kBillAnswer = {AnswerField{"bill_download_url"},
                                    AnswerField{"bill_file_code"}};

constexpr std::array kTokenFields = {
    WireField{"grant_type", Kind::choice, 0, kRequired, "authorization_code refresh_token"},
    WireField{"code", Kind::text, 40},
    WireField{"refresh_token", Kind::text, 40},
};
constexpr std::array kTokenCodes = {
    CodeRule{"code-invalid", AnswerKind::refused,
             "the code is used or over: let the buyer authorise again"},
    CodeRule{"refresh-token-invalid refresh-token-time-out refreshed-token-invalid",
             AnswerKind::refused, "the refresh token is over: let the buyer authorise again"},
    CodeRule{"grant-type-invalid unmatched-app-id", AnswerKind::refused,
             "the code belongs to another app, or to another grant_type"}};
constexpr std::array kTokenAnswer = {AnswerField{"user_id"}, AnswerField{"open_id"},
                                     AnswerField{"access_token", kRequired},
                                     AnswerField{"expires_in"}, AnswerField{"refresh_token"}};

constexpr std::array kCertificateFields = {
    WireField{"alipay_cert_sn", Kind::number, 32, kRequired}};
constexpr std::array kCertificateAnswer = {AnswerField{"alipay_cert_content", kRequired}};

constexpr std::array kMethods = {
    Method{.name = "alipay.data.dataservice.bill.downloadurl.query",
           .v3 = Way3::get,
           .may_change = false,
           .repeat = Repeat::harmless,
           .after_unknown = AfterUnknown::repeat,
           .api = {},
           .fields = kBillFields,
           .answer = kBillAnswer,
           .codes = kBillCodes},
    Method{.name = "alipay.system.oauth.token",
           .v3 = Way3::post,
           .fields_on_top = true,
           .bare_success = true,
           .encryptable = false,
           .repeat = Repeat::never,
           .after_unknown = AfterUnknown::begin_anew,
           .api = {},
           .fields = kTokenFields,
           .one_of = "code|refresh_token",
           .answer = kTokenAnswer,
           .codes = kTokenCodes},
    Method{.name = "alipay.open.app.alipaycert.download",
           .may_change = false,
           .encryptable = false,
           .unsigned_success = true,
           .repeat = Repeat::harmless,
           .after_unknown = AfterUnknown::repeat,
           .api = {},
           .fields = kCertificateFields,
           .answer = kCertificateAnswer},
};

}  // namespace

std::span<const Method> other_methods() {
    return kMethods;
}

}  // namespace tollgate::gateway
