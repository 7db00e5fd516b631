#include "sandbox/fund_methods.h"

#include <algorithm>

#include "base/check.h"
#include "base/time_text.h"
#include "sandbox/biz_fields.h"
#include "sandbox/form.h"
#include "sandbox/freeze_order.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

Error no_such_authorisation() {
    return refusal("AUTH_ORDER_NOT_EXIST", "支付宝资金授权订单不存在");
}

Json operation_node(const AuthOrder& auth, const Operation& operation) {
    Json node = {
        {"amount", operation.amount.to_yuan()},       {"auth_no", auth.auth_no},
        {"operation_id", operation.operation_id},     {"out_order_no", auth.order.out_order_no},
        {"out_request_no", operation.out_request_no}, {"status", name_of(operation.status)}};
    if (operation.done_at) node["gmt_trans"] = to_beijing(*operation.done_at);
    return node;
}

Json freeze_node(const AuthOrder& auth, const Operation& operation) {
    Json node = operation_node(auth, operation);
    node["payer_logon_id"] = masked(auth.order.payer.logon_id);
    node["payer_user_id"] = auth.order.payer.user_id;
    node["trans_currency"] = "CNY";
    node["credit_amount"] = "0.00";
    node["fund_amount"] = operation.amount.to_yuan();
    return node;
}

// The merchant's order that auth_no or out_order_no names. Refusals: ILLEGAL_ARGUMENT,
// AUTH_ORDER_NOT_EXIST.
Result<const AuthOrder*> named_auth(const SignedRequest& request, const MethodWorld& world) {
    const std::string auth_no = text_member(request.biz, "auth_no").value_or("");
    const std::string out_order_no = text_member(request.biz, "out_order_no").value_or("");
    if (auth_no.empty() && out_order_no.empty()) {
        return refusal("ILLEGAL_ARGUMENT", "参数有误：auth_no 与 out_order_no 不能同时为空");
    }
    AuthBook& auths = world.books.auths;
    auths.expire(world.now);
    const std::string& seller = request.app->seller_id;
    const AuthOrder* auth =
        auth_no.empty() ? auths.by_out_order_no(seller, out_order_no) : auths.by_auth_no(auth_no);
    if (auth == nullptr || auth->order.seller_id != seller) return no_such_authorisation();
    return auth;
}

// The operation that operation_id (which wins) or out_request_no names.
Result<Operation> named_operation(const Json& biz, const AuthOrder& auth) {
    const std::string id = text_member(biz, "operation_id").value_or("");
    const std::string number = text_member(biz, "out_request_no").value_or("");
    const std::string type = text_member(biz, "operation_type").value_or("");
    if (id.empty() && number.empty()) {
        return refusal("ILLEGAL_ARGUMENT", "参数有误：operation_id 与 out_request_no 不能同时为空");
    }
    const auto found = std::ranges::find_if(auth.operations, [&](const Operation& operation) {
        const bool same =
            id.empty() ? operation.out_request_no == number : operation.operation_id == id;
        return same && (type.empty() || name_of(operation.type) == type);
    });
    if (found == auth.operations.end()) {
        return refusal("AUTH_OPERATION_NOT_EXIST", "支付宝资金操作流水不存在");
    }
    return *found;
}

// Plays the payer whose code was scanned.
Run play_freeze(Story story, const AuthOutcome& opened, const MethodWorld& world) {
    const std::string auth_no = opened.auth->auth_no;
    const Handled waiting{.node = freeze_node(*opened.auth, opened.operation)};
    AuthBook& auths = world.books.auths;
    switch (story) {
        case Story::pays:
            if (opened.auth->order.amount > world.no_password_max) return waiting;
            break;
        case Story::waits: return waiting;
        case Story::unclear_unpaid: return refusal("SYSTEM_ERROR", "系统错误");
        case Story::silent_unpaid: return Handled{.reply = Reply::never};
        case Story::rolled_back:
        case Story::leaves: {
            TOLLGATE_DO(auths.refuse(auth_no, world.now));
            return waiting;
        }
        case Story::unclear_paid:
        case Story::silent_paid: break;
        case Story::bad_code:
        case Story::no_money:
        case Story::unclear_lost: TOLLGATE_CHECK(false);  // Refused before.
    }
    TOLLGATE_TRY(const AuthOutcome done, auths.agree(auth_no, world.now));
    if (story == Story::unclear_paid) return refusal("SYSTEM_ERROR", "系统错误");
    if (story == Story::silent_paid) return Handled{.reply = Reply::never};
    return Handled{.node = freeze_node(*done.auth, done.operation)};
}

Result<Story> read_story(const Json& biz) {
    const std::string code = text_member(biz, "auth_code").value_or("");
    const std::string type = text_member(biz, "auth_code_type").value_or("");
    if (type != "bar_code" && type != "security_code") {
        return refusal("ILLEGAL_ARGUMENT",
                       "参数有误：auth_code_type 应为 bar_code 或 security_code");
    }
    const Story story = story_of(code);
    if (!is_auth_code(code) || story == Story::bad_code) {
        return refusal("PAYMENT_AUTH_CODE_INVALID", "支付授权码无效");
    }
    if (story == Story::no_money) return refusal("MONEY_NOT_ENOUGH", "用户余额不足");
    if (story == Story::unclear_lost) return refusal("SYSTEM_ERROR", "系统错误");
    return story;
}

std::string_view cancel_action(const Operation& operation) {
    return operation.type == OperationType::unfreeze ? "unfreeze" : "close";
}

}  // namespace

Run auth_freeze(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(const FreezeOrder order,
                 read_freeze_order(request, "PRE_AUTH", {"auth_code", "auth_code_type"}));
    TOLLGATE_TRY(const Story story, read_story(request.biz));
    const std::string code = *text_member(request.biz, "auth_code");
    if (!world.books.auth_codes.take(code, order.seller_id + "/auth/" + order.out_order_no)) {
        return refusal("PAYMENT_AUTH_CODE_INVALID", "支付授权码已被使用");
    }
    TOLLGATE_TRY(const AuthOutcome opened, world.books.auths.open(order, world.now));
    return play_freeze(story, opened, world);
}

Run auth_voucher_create(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(const FreezeOrder order, read_freeze_order(request, "PRE_AUTH", {}));
    TOLLGATE_TRY(const AuthOutcome opened, world.books.auths.open(order, world.now));
    const std::string code = std::string(world.base_url) + "/fund/" + opened.auth->cashier;
    Handled handled;
    handled.node["code_type"] = "qrCode";
    handled.node["code_value"] = code;
    handled.node["code_url"] = code;
    handled.node["out_order_no"] = order.out_order_no;
    handled.node["out_request_no"] = order.out_request_no;
    return handled;
}

Run auth_app_freeze(const SignedRequest& request, const MethodWorld& world) {
    TOLLGATE_TRY(const FreezeOrder order, read_freeze_order(request, "PRE_AUTH_ONLINE", {}));
    TOLLGATE_TRY(const AuthOutcome opened, world.books.auths.open(order, world.now));
    return Handled{.cashier = opened.auth->cashier};
}

Run auth_unfreeze(const SignedRequest& request, const MethodWorld& world) {
    const auto read = [&request]() -> Result<UnfreezeOrder> {
        const Json& biz = request.biz;
        TOLLGATE_DO(only_fields(
            biz, {"auth_no", "out_request_no", "amount", "remark", "extra_param", "notify_url"}));
        UnfreezeOrder order{.out_request_no = "",
                            .amount = {},
                            .remark = "",
                            .notify_url = value_of(request.fields, "notify_url")};
        TOLLGATE_DO(need_text(biz, "auth_no", 64));
        TOLLGATE_TRY(order.out_request_no, need_number(biz, "out_request_no"));
        TOLLGATE_TRY(order.amount, need_amount(biz, "amount"));
        TOLLGATE_TRY(order.remark, need_text(biz, "remark", 100));
        TOLLGATE_DO(may_have_text(biz, "extra_param", 1024));
        return order;
    };
    const auto order = read();
    if (!order) return illegal_argument(order.error());
    TOLLGATE_TRY(const AuthOrder* named, named_auth(request, world));
    TOLLGATE_TRY(const AuthOutcome done,
                 world.books.auths.unfreeze(named->auth_no, *order, world.now));
    Handled handled{.node = operation_node(*done.auth, done.operation)};
    handled.node["credit_amount"] = "0.00";
    handled.node["fund_amount"] = done.operation.amount.to_yuan();
    return handled;
}

Run auth_detail_query(const SignedRequest& request, const MethodWorld& world) {
    const auto fields = only_fields(request.biz, {"auth_no", "out_order_no", "operation_id",
                                                  "out_request_no", "operation_type"});
    if (!fields) return illegal_argument(fields.error());
    TOLLGATE_TRY(const AuthOrder* auth, named_auth(request, world));
    TOLLGATE_TRY(const Operation operation, named_operation(request.biz, *auth));
    Handled handled{.node = freeze_node(*auth, operation)};
    Json& node = handled.node;
    node["gmt_create"] = to_beijing(operation.created_at);
    node["operation_type"] = name_of(operation.type);
    node["order_status"] = name_of(auth->status);
    node["order_title"] = auth->order.title;
    node["remark"] = operation.remark;
    node["rest_amount"] = rest_of(*auth).to_yuan();
    node["rest_credit_amount"] = "0.00";
    node["rest_fund_amount"] = rest_of(*auth).to_yuan();
    node["total_freeze_amount"] = auth->frozen.to_yuan();
    node["total_pay_amount"] = auth->paid.to_yuan();
    return handled;
}

Run auth_cancel(const SignedRequest& request, const MethodWorld& world) {
    const auto fields = only_fields(request.biz, {"auth_no", "out_order_no", "operation_id",
                                                  "out_request_no", "remark", "notify_url"});
    if (!fields) return illegal_argument(fields.error());
    TOLLGATE_TRY(const AuthOrder* auth, named_auth(request, world));
    TOLLGATE_TRY(const Operation operation, named_operation(request.biz, *auth));
    if (operation.type != OperationType::freeze) {
        return refusal("ILLEGAL_STATUS", "只能撤销冻结操作");
    }
    TOLLGATE_TRY(const AuthOutcome done, world.books.auths.cancel(auth->auth_no, world.now));
    Handled handled;
    handled.node["action"] = cancel_action(done.operation);
    handled.node["auth_no"] = done.auth->auth_no;
    handled.node["operation_id"] = operation.operation_id;
    handled.node["out_order_no"] = done.auth->order.out_order_no;
    handled.node["out_request_no"] = operation.out_request_no;
    return handled;
}

}  // namespace tollgate::sandbox
