#include "sandbox/pay_order.h"

#include <algorithm>

#include "sandbox/biz_fields.h"
#include "sandbox/common_parameters.h"
#include "sandbox/methods.h"

namespace tollgate::sandbox {
namespace {

const std::vector<std::string_view> kSharedFields = {"out_trade_no",
                                                     "total_amount",
                                                     "subject",
                                                     "product_code",
                                                     "body",
                                                     "time_expire",
                                                     "timeout_express",
                                                     "goods_detail",
                                                     "passback_params",
                                                     "extend_params",
                                                     "store_id",
                                                     "seller_id",
                                                     "enable_pay_channels",
                                                     "disable_pay_channels",
                                                     "business_params",
                                                     "merchant_order_no",
                                                     "operator_id",
                                                     "terminal_id",
                                                     "query_options",
                                                     "sub_merchant",
                                                     "settle_info",
                                                     "royalty_info",
                                                     "promo_params",
                                                     "ext_user_info",
                                                     "goods_type"};

Result<std::string> read_product_code(const Json& biz, const PayRules& rules) {
    if (!rules.product_code_needed && member(biz, "product_code") == nullptr) {
        return std::string(rules.product_codes.front());
    }
    TOLLGATE_TRY(std::string code, need_text(biz, "product_code", 64));
    if (std::ranges::find(rules.product_codes, code) == rules.product_codes.end()) {
        return invalid_parameter("product_code",
                                 "该接口应为 " + std::string(rules.product_codes.front()));
    }
    return code;
}

Result<std::string> read_seller(const SignedRequest& request) {
    TOLLGATE_TRY(const std::string seller, may_have_text(request.biz, "seller_id", 28));
    if (!seller.empty() && seller != request.app->seller_id) {
        return invalid_parameter("seller_id", "不是该应用的收款账号");
    }
    return request.app->seller_id;
}

Result<Done> check_channels(const Json& biz) {
    if (member(biz, "enable_pay_channels") != nullptr &&
        member(biz, "disable_pay_channels") != nullptr) {
        return invalid_parameter("enable_pay_channels", "不可与 disable_pay_channels 同时使用");
    }
    TOLLGATE_TRY(const std::string on, may_have_text(biz, "enable_pay_channels", 128));
    TOLLGATE_TRY(const std::string off, may_have_text(biz, "disable_pay_channels", 128));
    return Done{};
}

Result<Done> check_shapes(const Json& biz) {
    for (const char* name : {"extend_params", "business_params", "sub_merchant", "settle_info",
                             "royalty_info", "ext_user_info", "agreement_sign_params"}) {
        const Json* value = member(biz, name);
        if (value != nullptr && !value->is_object()) return invalid_parameter(name, "应为JSON对象");
    }
    for (const char* name : {"goods_detail", "query_options"}) {
        const Json* value = member(biz, name);
        if (value != nullptr && !value->is_array()) return invalid_parameter(name, "应为JSON数组");
    }
    return Done{};
}

// time_expire wins over timeout_express.
Result<Done> read_time_to_pay(const SignedRequest& request, const PayRules& rules,
                              PayOrder& order) {
    TOLLGATE_TRY(const auto time_expire, may_have_time_expire(request.biz, request.timestamp));
    if (time_expire) {
        order.expires_at = *time_expire;
        return Done{};
    }
    TOLLGATE_TRY(const auto asked, may_have_window(request.biz, "timeout_express"));
    order.window = asked.value_or(Window{.length = rules.default_window});
    order.window->length = std::max(order.window->length, rules.least_window);
    return Done{};
}

// Only what a browser opens has a page to come back from (protocol notes 1.2).
std::string read_return_url(const SignedRequest& request) {
    if (request.method->door != Door::page) return {};
    return value_of(request.fields, "return_url");
}

}  // namespace

Result<PayOrder> read_pay_order(const SignedRequest& request, const PayRules& rules) {
    const Json& biz = request.biz;
    std::vector<std::string_view> allowed = kSharedFields;
    allowed.insert(allowed.end(), rules.more_fields.begin(), rules.more_fields.end());
    TOLLGATE_DO(only_fields(biz, allowed));

    PayOrder order{.app_id = request.app->app_id,
                   .merchant = request.app->name,
                   .method = std::string(request.method->name),
                   .notify_url = value_of(request.fields, "notify_url"),
                   .return_url = read_return_url(request),
                   .charset = request.charset,
                   .sign_type = request.sign_type};
    TOLLGATE_TRY(order.out_trade_no, need_number(biz, "out_trade_no"));
    TOLLGATE_TRY(order.total, need_amount(biz, "total_amount"));
    TOLLGATE_TRY(order.subject, need_subject(biz));
    TOLLGATE_TRY(order.product_code, read_product_code(biz, rules));
    TOLLGATE_TRY(order.seller_id, read_seller(request));
    TOLLGATE_TRY(order.body, may_have_text(biz, "body", 128));
    TOLLGATE_TRY(order.passback_params, may_have_text(biz, "passback_params", 512));
    TOLLGATE_TRY(order.store_id, may_have_text(biz, "store_id", 32));
    TOLLGATE_TRY(order.operator_id, may_have_text(biz, "operator_id", 28));
    TOLLGATE_TRY(order.terminal_id, may_have_text(biz, "terminal_id", 32));
    TOLLGATE_TRY(order.quit_url, may_have_text(biz, "quit_url", 400));
    if (!order.quit_url.empty() && !is_http_url(order.quit_url)) {
        return invalid_parameter("quit_url", "不是完整的http或https地址");
    }
    TOLLGATE_DO(read_time_to_pay(request, rules, order));
    TOLLGATE_DO(check_channels(biz));
    TOLLGATE_DO(check_shapes(biz));
    return order;
}

}  // namespace tollgate::sandbox
