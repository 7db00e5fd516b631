#include <utility>

#include "base/time_text.h"
#include "sandbox/auth_notice.h"
#include "signing/content.h"
#include "signing/form.h"
#include "tests/simulation/alipay_model.h"

// Pre-authorisation at Alipay: the sandbox's book of frozen money in the protocol's words (notes
// 9.16), and its payers.
namespace tollgate::simulation {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr std::string_view kFreezeCode = "https://qr.alipay.example/freeze/";

Json refused_freeze(const std::string& sub_code) {
    return {{"code", "40004"},
            {"msg", "Business Failed"},
            {"sub_code", sub_code},
            {"sub_msg", "simulated"}};
}

Json refused_freeze(const Error& refusal) {
    return refused_freeze(refusal.reason().empty() ? "SYSTEM_ERROR" : refusal.reason());
}

Json freeze_done(const sandbox::AuthOrder& auth, const sandbox::Operation& operation) {
    Json node = {{"code", "10000"},
                 {"msg", "Success"},
                 {"auth_no", auth.auth_no},
                 {"out_order_no", auth.order.out_order_no},
                 {"out_request_no", operation.out_request_no},
                 {"operation_id", operation.operation_id},
                 {"amount", operation.amount.to_yuan()},
                 {"status", std::string(name_of(operation.status))},
                 {"payer_user_id", auth.order.payer.user_id}};
    if (operation.done_at) node["gmt_trans"] = to_beijing(*operation.done_at);
    return node;
}

std::chrono::minutes minutes_of(const std::string& text) {
    return std::chrono::minutes(text.empty() ? 15 : std::stoi(text));
}

}  // namespace

const sandbox::AuthOrder* AlipayModel::auth(const std::string& out_order_no) {
    auths_.expire(seams_.world.now());
    return auths_.by_out_order_no(kSellerId, out_order_no);
}

Result<sandbox::AuthOutcome> AlipayModel::open_freeze(const signing::Fields& fields,
                                                      const Json& biz) {
    const auto field = [&fields](std::string_view name) {
        return std::string(signing::find(fields, name).value_or(""));
    };
    sandbox::FreezeOrder order;
    order.app_id = kAppId;
    order.seller_id = kSellerId;
    order.out_order_no = biz.value("out_order_no", "");
    order.out_request_no = biz.value("out_request_no", "");
    order.title = biz.value("order_title", "");
    order.product_code = biz.value("product_code", "");
    order.amount = Money::parse_yuan(biz.value("amount", "")).value_or(Money());
    order.expires_at = parse_beijing(field("timestamp")).value_or(seams_.world.now()) +
                       minutes_of(biz.value("pay_timeout", ""));
    order.notify_url = field("notify_url");
    auto opened = auths_.open(order, seams_.world.now());
    if (opened && auth_numbers_.insert(order.out_order_no).second) {
        seams_.trace.note("alipay.freeze", order.out_order_no);
        seams_.world.at(order.expires_at, [this] { auths_.expire(seams_.world.now()); });
    }
    return opened;
}

Json AlipayModel::run_auth(const std::string& method, const signing::Fields& fields,
                           const Json& biz) {
    const std::string number = biz.value("out_order_no", "");
    if (method == "alipay.fund.auth.order.voucher.create" ||
        method == "alipay.fund.auth.order.freeze") {
        const auto sign = signing::find(fields, "sign").value_or("");
        if (auth(number) == nullptr && wants_no_refund(std::string(sign))) {
            return refused_freeze("PAYER_NOT_ENOUGH");
        }
        const auto opened = open_freeze(fields, biz);
        if (!opened) return refused_freeze(opened.error());
        return method.ends_with("freeze") ? freeze_at_till(*opened) : freeze_code(*opened);
    }
    if (method == "alipay.fund.auth.order.unfreeze") return unfreeze(biz);
    const auto* known = auth(number);
    if (known == nullptr) return refused_freeze("AUTH_ORDER_NOT_EXIST");
    const auto& freeze = known->operations.front();
    if (method == "alipay.fund.auth.operation.detail.query") {
        Json node = freeze_done(*known, freeze);
        node["order_status"] = std::string(name_of(known->status));
        node["operation_type"] = std::string(name_of(freeze.type));
        node["rest_amount"] = rest_of(*known).to_yuan();
        node["total_freeze_amount"] = known->frozen.to_yuan();
        node["total_pay_amount"] = known->paid.to_yuan();
        return node;
    }
    if (method != "alipay.fund.auth.operation.cancel") return refused_freeze("INVALID_METHOD");
    const auto done = auths_.cancel(known->auth_no, seams_.world.now());
    if (!done) return refused_freeze(done.error());
    // Another operation may have moved the first one.
    return freeze_done(*done->auth, done->auth->operations.front());
}

Json AlipayModel::freeze_code(const sandbox::AuthOutcome& opened) const {
    return {{"code", "10000"},
            {"msg", "Success"},
            {"code_type", "qrCode"},
            {"code_value", std::string(kFreezeCode) + opened.auth->cashier},
            {"out_order_no", opened.auth->order.out_order_no},
            {"out_request_no", opened.auth->order.out_request_no}};
}

// As pay_at_till(): most agree at once.
Json AlipayModel::freeze_at_till(const sandbox::AuthOutcome& opened) {
    const std::string auth_no = opened.auth->auth_no;
    if (dice_.chance(600)) {
        agree_to_freeze(auth_no);
    } else if (dice_.chance(700)) {
        seams_.world.after(milliseconds(dice_.between(1'000, 90'000)),
                           [this, auth_no] { agree_to_freeze(auth_no); });
    }
    const auto* auth = auths_.by_auth_no(auth_no);
    return freeze_done(*auth, auth->operations.front());
}

Json AlipayModel::unfreeze(const Json& biz) {
    const auto amount = Money::parse_yuan(biz.value("amount", ""));
    if (!amount) return refused_freeze("ILLEGAL_ARGUMENT");
    const auto done = auths_.unfreeze(biz.value("auth_no", ""),
                                      {.out_request_no = biz.value("out_request_no", ""),
                                       .amount = *amount,
                                       .remark = "",
                                       .notify_url = ""},
                                      seams_.world.now());
    if (!done) return refused_freeze(done.error());
    return freeze_done(*done->auth, done->operation);
}

// alipay.trade.pay with an auth_no. Who has paid under the number already is told so, in one of
// two ways.
Json AlipayModel::capture(const signing::Fields& fields, const Json& biz) {
    sandbox::PayOrder order = order_of(fields, biz);
    order.expires_at = seams_.world.now() + std::chrono::minutes(15);
    const std::string auth_no = biz.value("auth_no", "");
    if (const auto* known = trade(order.out_trade_no)) {
        if (dice_.chance(500)) return refused_freeze("ACQ.TRADE_HAS_SUCCESS");
        Json node = {{"code", "10000"}, {"msg", "Success"}};
        node["out_trade_no"] = order.out_trade_no;
        node["trade_no"] = known->trade_no;
        return node;
    }
    if (wants_no_refund(std::string(signing::find(fields, "sign").value_or("")))) {
        return refused_freeze("ACQ.SELLER_BEEN_BLOCKED");
    }
    const auto may = auths_.may_pay(auth_no, order.total, seams_.world.now());
    if (!may) return refused_freeze(may.error());
    captured_.insert(order.out_trade_no);
    const auto opened = book_.open(order, seams_.world.now());
    if (!opened) return refused_freeze(opened.error());
    const std::string trade_no = (*opened)->trade_no;
    static_cast<void>(book_.pay(trade_no, seams_.world.now()));
    auths_.pay(auth_no, order.out_trade_no, order.total,
               biz.value("auth_confirm_mode", "") == "COMPLETE", seams_.world.now());
    Json node = {{"code", "10000"}, {"msg", "Success"}};
    node["out_trade_no"] = order.out_trade_no;
    node["trade_no"] = trade_no;
    return node;
}

std::optional<std::string> AlipayModel::open_freeze(const std::string& order_string) {
    const auto fields = signing::decode_form(order_string);
    if (!fields || !is_ours(*fields)) return std::nullopt;
    const auto biz =
        Json::parse(signing::find(*fields, "biz_content").value_or(""), nullptr, false);
    const auto opened = open_freeze(*fields, biz);
    if (!opened) return std::nullopt;
    return opened->auth->auth_no;
}

std::optional<std::string> AlipayModel::scan_freeze(const std::string& code) {
    if (!code.starts_with(kFreezeCode)) return std::nullopt;
    const auto* auth = auths_.by_cashier(code.substr(kFreezeCode.size()));
    if (auth == nullptr) return std::nullopt;
    return auth->auth_no;
}

bool AlipayModel::agree_to_freeze(const std::string& auth_no) {
    return auths_.agree(auth_no, seams_.world.now()).has_value();
}

void AlipayModel::auth_happened(const sandbox::AuthOrder& auth,
                                const sandbox::Operation& operation) {
    const std::string what =
        std::string(name_of(operation.type)) + " " + std::string(name_of(operation.status));
    seams_.trace.note("alipay.auth", auth.order.out_order_no + " " + what);
    if (operation.status == sandbox::OperationStatus::closed && !dice_.chance(faults_.chatty)) {
        return;
    }
    signing::Fields fields;
    for (const auto& [name, value] : sandbox::auth_notice(auth, operation).fields) {
        fields.emplace_back(name, value);
    }
    post(auth.order.out_order_no + " " + what, auth.auth_no, std::move(fields));
}

}  // namespace tollgate::simulation
