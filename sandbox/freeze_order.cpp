#include "sandbox/freeze_order.h"

#include <algorithm>

#include "sandbox/biz_fields.h"
#include "sandbox/common_parameters.h"
#include "sandbox/form.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

constexpr std::chrono::minutes kDefaultWindow{15};

const std::vector<std::string_view> kFreezeFields = {"out_order_no",
                                                     "out_request_no",
                                                     "order_title",
                                                     "amount",
                                                     "product_code",
                                                     "payee_user_id",
                                                     "payee_logon_id",
                                                     "pay_timeout",
                                                     "timeout_express",
                                                     "time_express",
                                                     "extra_param",
                                                     "enable_pay_channels",
                                                     "disable_pay_channels",
                                                     "identity_params",
                                                     "deposit_product_mode",
                                                     "post_payments",
                                                     "trans_currency",
                                                     "settle_currency",
                                                     "scene_code",
                                                     "business_params",
                                                     "notify_url"};

// pay_timeout is the older name; a quarter of an hour without either.
Result<Timestamp> read_timeout(const Json& biz, Timestamp signed_at) {
    for (const char* name : {"timeout_express", "pay_timeout"}) {
        TOLLGATE_TRY(const auto window, may_have_window(biz, name));
        if (window) return end_of(*window, signed_at);
    }
    return signed_at + kDefaultWindow;
}

Result<FreezeOrder> read(const SignedRequest& request, std::string_view product_code,
                         const std::vector<std::string_view>& more_fields) {
    const Json& biz = request.biz;
    std::vector<std::string_view> allowed = kFreezeFields;
    allowed.insert(allowed.end(), more_fields.begin(), more_fields.end());
    TOLLGATE_DO(only_fields(biz, allowed));
    FreezeOrder order{.app_id = request.app->app_id,
                      .seller_id = request.app->seller_id,
                      .merchant = request.app->name,
                      .notify_url = value_of(request.fields, "notify_url"),
                      .charset = request.charset,
                      .sign_type = request.sign_type};
    TOLLGATE_TRY(order.out_order_no, need_number(biz, "out_order_no"));
    TOLLGATE_TRY(order.out_request_no, need_number(biz, "out_request_no"));
    TOLLGATE_TRY(order.title, need_text(biz, "order_title", 100));
    TOLLGATE_TRY(order.amount, need_amount(biz, "amount"));
    TOLLGATE_TRY(order.product_code, need_text(biz, "product_code", 64));
    if (order.product_code != product_code) {
        return invalid_parameter("product_code", "该接口应为 " + std::string(product_code));
    }
    TOLLGATE_TRY(const std::string payee, may_have_text(biz, "payee_user_id", 32));
    if (!payee.empty() && payee != order.seller_id) {
        return refusal("PAYEE_NOT_EXIST", "收款方不存在");
    }
    TOLLGATE_DO(may_have_text(biz, "payee_logon_id", 100));
    TOLLGATE_DO(may_have_text(biz, "extra_param", 1024));
    TOLLGATE_TRY(order.expires_at, read_timeout(biz, request.timestamp));
    return order;
}

}  // namespace

Result<FreezeOrder> read_freeze_order(const SignedRequest& request, std::string_view product_code,
                                      const std::vector<std::string_view>& more_fields) {
    auto order = read(request, product_code, more_fields);
    if (!order) return illegal_argument(order.error());
    return order;
}

Error illegal_argument(const Error& error) {
    const bool argument =
        error.reason() == "ACQ.INVALID_PARAMETER" || error.reason() == "ACQ.TOTAL_FEE_EXCEED";
    return refusal(argument ? "ILLEGAL_ARGUMENT" : error.reason(), error.message());
}

}  // namespace tollgate::sandbox
