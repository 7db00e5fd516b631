#include "sandbox/methods.h"

#include <algorithm>
#include <array>

#include "sandbox/bill_methods.h"
#include "sandbox/fund_methods.h"
#include "sandbox/other_methods.h"
#include "sandbox/pay_methods.h"
#include "sandbox/refund_methods.h"
#include "sandbox/trade_methods.h"

namespace tollgate::sandbox {
namespace {

constexpr std::array kMethods = {
    Method{.name = "alipay.trade.page.pay", .door = Door::page, .run = page_pay},
    Method{.name = "alipay.trade.wap.pay", .door = Door::page, .run = wap_pay},
    Method{.name = "alipay.trade.app.pay", .door = Door::app, .run = app_pay},
    Method{.name = "alipay.trade.precreate", .door = Door::call, .run = precreate},
    Method{.name = "alipay.trade.create", .door = Door::call, .run = create},
    Method{.name = "alipay.trade.pay", .door = Door::call, .run = pay},
    Method{.name = "alipay.trade.query", .door = Door::call, .run = query},
    Method{.name = "alipay.trade.close", .door = Door::call, .run = close},
    Method{.name = "alipay.trade.cancel", .door = Door::call, .run = cancel},
    Method{.name = "alipay.trade.refund", .door = Door::call, .run = refund},
    Method{.name = "alipay.trade.fastpay.refund.query", .door = Door::call, .run = refund_query},
    Method{.name = "alipay.data.dataservice.bill.downloadurl.query",
           .door = Door::call,
           .run = bill_download_url,
           .v3_verb = "GET"},
    Method{.name = "alipay.fund.auth.order.freeze", .door = Door::call, .run = auth_freeze},
    Method{.name = "alipay.fund.auth.order.voucher.create",
           .door = Door::call,
           .run = auth_voucher_create},
    Method{.name = "alipay.fund.auth.order.app.freeze", .door = Door::app, .run = auth_app_freeze},
    Method{.name = "alipay.fund.auth.order.unfreeze", .door = Door::call, .run = auth_unfreeze},
    Method{.name = "alipay.fund.auth.operation.detail.query",
           .door = Door::call,
           .run = auth_detail_query},
    Method{.name = "alipay.fund.auth.operation.cancel", .door = Door::call, .run = auth_cancel},
    Method{.name = "alipay.system.oauth.token",
           .door = Door::call,
           .run = oauth_token,
           .needs_biz_content = false},
    Method{.name = "alipay.open.app.alipaycert.download",
           .door = Door::call,
           .run = certificate_download,
           .v3_verb = ""},
};

}  // namespace

std::span<const Method> all_methods() {
    return kMethods;
}

const Method* find_method(std::string_view name) {
    const auto* found = std::ranges::find(kMethods, name, &Method::name);
    return found == kMethods.end() ? nullptr : found;
}

bool opened_by_buyer(const Method& method) {
    return method.door != Door::call;
}

bool has_v3(const Method& method) {
    return method.door == Door::call && !method.v3_verb.empty();
}

std::string_view apis_of(std::string_view name) {
    const Method* method = find_method(name);
    if (method == nullptr) return "–";
    return has_v3(*method) ? "v2, v3" : "v2";
}

}  // namespace tollgate::sandbox
