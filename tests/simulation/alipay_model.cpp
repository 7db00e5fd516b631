#include "tests/simulation/alipay_model.h"

#include <utility>

#include "base/time_text.h"
#include "signing/content.h"
#include "signing/form.h"

namespace tollgate::simulation {
namespace {

using signing::Fields;
using signing::SignType;
using std::chrono::milliseconds;

std::string text_in(const Fields& fields, std::string_view name) {
    return std::string(signing::find(fields, name).value_or(""));
}

nlohmann::json refused(const std::string& sub_code) {
    return {{"code", "40004"},
            {"msg", "Business Failed"},
            {"sub_code", sub_code},
            {"sub_msg", "simulated"}};
}

nlohmann::json system_error() {
    return {{"code", "20000"},
            {"msg", "Service Currently Unavailable"},
            {"sub_code", "aop.unknow-error"},
            {"sub_msg", "simulated"}};
}

std::string sub_code_of(const Error& refusal) {
    return refusal.reason().empty() ? "ACQ.SYSTEM_ERROR" : refusal.reason();
}

}  // namespace

struct AlipayModel::Notice {
    std::string notify_id;
    std::string name;  // In the trace.
    std::string body;
    int attempts = 0;
};

AlipayModel::AlipayModel(Dice dice, Seams seams)
    : dice_(dice), seams_(std::move(seams)), book_(dice_) {}

std::optional<Fields> AlipayModel::verified(const Fields& fields) {
    const auto key = seams_.keys.app.public_half();
    if (!key.verify(signing::request_content(fields), text_in(fields, "sign"), SignType::rsa2)) {
        return std::nullopt;
    }
    return fields;
}

sandbox::PayOrder AlipayModel::order_of(const Fields& fields, const Json& biz) const {
    sandbox::PayOrder order;
    order.app_id = text_in(fields, "app_id");
    order.seller_id = biz.value("seller_id", std::string(kSellerId));
    order.method = text_in(fields, "method");
    order.out_trade_no = biz.value("out_trade_no", "");
    order.subject = biz.value("subject", "");
    order.product_code = biz.value("product_code", "");
    order.total = Money::parse_yuan(biz.value("total_amount", "")).value_or(Money());
    order.expires_at = parse_beijing(biz.value("time_expire", "")).value_or(Timestamp{});
    order.notify_url = text_in(fields, "notify_url");
    order.charset = "utf-8";
    return order;
}

bool AlipayModel::serve(const transport::ClientRequest& request, const Network::Answer& answer) {
    const auto query = signing::decode_form(request.url.substr(request.url.find('?') + 1));
    const auto body = signing::decode_form(request.body);
    Fields all = query ? *query : Fields{};
    if (body) all.insert(all.end(), body->begin(), body->end());
    const std::string method = text_in(all, "method");
    const auto fields = verified(all);
    if (!fields) {
        answer({.status = 200, .body = answer_text(method, refused("isv.invalid-signature"))});
        return true;
    }
    const Json biz = Json::parse(text_in(*fields, "biz_content"), nullptr, false);
    const bool in_trouble = dice_.chance(faults_.alipay_trouble);
    // In trouble it may have done it or not, and says one of several useless things.
    Json node = system_error();
    if (!in_trouble || dice_.chance(500)) node = run(method, *fields, biz);
    if (in_trouble && dice_.chance(500)) node = system_error();
    std::string text = answer_text(method, node);
    if (in_trouble && dice_.chance(300)) {
        text.resize(text.rfind(",\"sign\"") + 1);
        text += "\"sign\":\"\"}";
    } else if (dice_.chance(faults_.corrupted)) {
        seams_.network.corrupt(text);
    }
    answer({.status = 200, .headers = {}, .body = std::move(text)});
    return true;
}

std::string AlipayModel::answer_text(const std::string& method, const Json& node) {
    std::string name = method + "_response";
    for (char& c : name) c = c == '.' ? '_' : c;
    const std::string text = node.dump();
    return "{\"" + name + "\":" + text + ",\"sign\":\"" +
           *seams_.keys.alipay.sign(text, SignType::rsa2) + "\"}";
}

AlipayModel::Json AlipayModel::run(const std::string& method, const Fields& fields,
                                   const Json& biz) {
    const Timestamp now = seams_.world.now();
    if (method == "alipay.trade.precreate") {
        const auto order = order_of(fields, biz);
        const auto code = book_.offer(order, now);
        if (!code) return refused(sub_code_of(code.error()));
        return {{"code", "10000"},
                {"msg", "Success"},
                {"out_trade_no", order.out_trade_no},
                {"qr_code", *code}};
    }
    if (method == "alipay.trade.query") return query(biz);
    return refused("isv.invalid-method");
}

AlipayModel::Json AlipayModel::query(const Json& biz) {
    book_.expire(seams_.world.now());
    const sandbox::Trade* trade =
        book_.by_out_trade_no(kSellerId, biz.value("out_trade_no", std::string()));
    if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
    Json node = {{"code", "10000"},
                 {"msg", "Success"},
                 {"out_trade_no", trade->order.out_trade_no},
                 {"trade_no", trade->trade_no},
                 {"trade_status", std::string(name_of(trade->status))},
                 {"total_amount", trade->order.total.to_yuan()}};
    if (trade->paid_at) node["send_pay_date"] = to_beijing(*trade->paid_at);
    return node;
}

std::optional<std::string> AlipayModel::opened(const Result<const sandbox::Trade*>& opening) {
    if (!opening) {
        seams_.trace.note("alipay.refuses", sub_code_of(opening.error()));
        return std::nullopt;
    }
    const sandbox::Trade& trade = **opening;
    const auto [entry, is_new] = truth_.try_emplace(trade.order.out_trade_no);
    if (!is_new) return trade.trade_no;
    entry->second = {.amount = trade.order.total, .trade_no = trade.trade_no};
    seams_.trace.note("alipay.trade", trade.order.out_trade_no);
    if (dice_.chance(faults_.chatty)) notify(trade);
    seams_.world.at(trade.order.expires_at,
                    [this, trade_no = trade.trade_no] { expire(trade_no); });
    return trade.trade_no;
}

void AlipayModel::expire(const std::string& trade_no) {
    book_.expire(seams_.world.now());
    const sandbox::Trade* trade = book_.by_trade_no(trade_no);
    if (trade->status != sandbox::TradeStatus::trade_closed) return;
    seams_.trace.note("alipay.expired", trade->order.out_trade_no);
    if (dice_.chance(faults_.chatty)) notify(*trade);
}

std::optional<std::string> AlipayModel::open_page(const std::string& url) {
    const auto all = signing::decode_form(url.substr(url.find('?') + 1));
    const auto fields = all ? verified(*all) : std::nullopt;
    if (!fields) return std::nullopt;
    const Json biz = Json::parse(text_in(*fields, "biz_content"), nullptr, false);
    return opened(book_.open(order_of(*fields, biz), seams_.world.now()));
}

std::optional<std::string> AlipayModel::scan(const std::string& qr_code) {
    return opened(book_.scan(qr_code, seams_.world.now()));
}

bool AlipayModel::pay(const std::string& trade_no) {
    const auto paid = book_.pay(trade_no, seams_.world.now());
    if (!paid) return false;
    seams_.trace.note("alipay.paid", (*paid)->order.out_trade_no);
    truth_.at((*paid)->order.out_trade_no).paid = true;
    notify(**paid);
    return true;
}

void AlipayModel::take_foreign_money(const std::string& out_trade_no, Money amount) {
    sandbox::PayOrder order;
    order.app_id = kAppId;
    order.seller_id = kSellerId;
    order.method = "alipay.trade.page.pay";
    order.out_trade_no = out_trade_no;
    order.subject = "Not ours";
    order.total = amount;
    order.expires_at = seams_.world.now() + std::chrono::hours(1);
    order.charset = "utf-8";
    const auto trade_no = opened(book_.open(order, seams_.world.now()));
    if (!trade_no) return;
    truth_.at(out_trade_no).foreign = true;
    pay(*trade_no);
}

void AlipayModel::notify(const sandbox::Trade& trade) {
    std::string status(name_of(trade.status));
    const bool is_paid = trade.status == sandbox::TradeStatus::trade_success;
    if (is_paid && dice_.chance(faults_.immediate_finish)) status = "TRADE_FINISHED";
    auto notice = std::make_shared<Notice>();
    notice->notify_id = "n" + std::to_string(++notices_) + "-" + trade.trade_no;
    notice->name = trade.order.out_trade_no + " " + status;
    notice->body = notification(trade, status, notice->notify_id, seams_.keys.alipay);
    ++notices_under_way_;
    seams_.world.after(milliseconds(dice_.between(1, 3'000)), [this, notice] { send(notice); });
    // Both reports of one payment, and in whatever order they arrive.
    if (status != "TRADE_FINISHED" || !dice_.chance(faults_.chatty)) return;
    auto first = std::make_shared<Notice>();
    first->notify_id = "n" + std::to_string(++notices_) + "-" + trade.trade_no;
    first->name = trade.order.out_trade_no + " TRADE_SUCCESS";
    first->body = notification(trade, "TRADE_SUCCESS", first->notify_id, seams_.keys.alipay);
    ++notices_under_way_;
    seams_.world.after(milliseconds(dice_.between(1, 3'000)), [this, first] { send(first); });
}

std::string AlipayModel::notification(const sandbox::Trade& trade, std::string_view status,
                                      const std::string& notify_id,
                                      const signing::PrivateKey& key) const {
    Fields fields = {{"gmt_create", to_beijing(trade.created_at)},
                     {"charset", "utf-8"},
                     {"subject", trade.order.subject},
                     {"notify_id", notify_id},
                     {"notify_type", "trade_status_sync"},
                     {"notify_time", to_beijing(seams_.world.now())},
                     {"trade_status", std::string(status)},
                     {"app_id", std::string(kAppId)},
                     {"auth_app_id", std::string(kAppId)},
                     {"seller_id", trade.order.seller_id},
                     {"version", "1.0"},
                     {"out_trade_no", trade.order.out_trade_no},
                     {"trade_no", trade.trade_no},
                     {"total_amount", trade.order.total.to_yuan()}};
    if (trade.paid_at) {
        fields.emplace_back("gmt_payment", to_beijing(*trade.paid_at));
        fields.emplace_back("receipt_amount", trade.order.total.to_yuan());
    }
    auto sign = *key.sign(signing::notification_content(fields), SignType::rsa2);
    fields.emplace_back("sign_type", "RSA2");
    fields.emplace_back("sign", std::move(sign));
    return signing::encode_form(fields);
}

void AlipayModel::forge(const std::string& out_trade_no, Money amount) {
    sandbox::Trade trade;
    trade.order.out_trade_no = out_trade_no;
    trade.order.seller_id = kSellerId;
    trade.order.subject = "A gift";
    trade.order.total = amount;
    trade.trade_no = "2026111122009999999999" + std::to_string(100'000 + ++notices_);
    trade.created_at = seams_.world.now();
    trade.paid_at = seams_.world.now();
    auto notice = std::make_shared<Notice>();
    notice->notify_id = "forged-" + std::to_string(notices_);
    notice->name = out_trade_no + " forged";
    notice->body = notification(trade, "TRADE_SUCCESS", notice->notify_id, seams_.keys.stranger);
    notice->attempts = 100;  // He tries once.
    ++notices_under_way_;
    send(notice);
}

void AlipayModel::send(const std::shared_ptr<Notice>& notice) {
    ++notice->attempts;
    transport::ClientRequest request;
    request.url = "/alipay/shop/notify";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    request.body = notice->body;
    request.total_timeout = milliseconds(10'000);
    if (dice_.chance(faults_.corrupted)) seams_.network.corrupt(request.body);
    seams_.network.exchange(
        "notify " + notice->name, std::move(request), seams_.to_gateway,
        [this, notice](const Result<Network::Reply>& reply) { after_attempt(notice, reply); });
}

void AlipayModel::after_attempt(const std::shared_ptr<Notice>& notice,
                                const Result<Network::Reply>& reply) {
    if (reply && reply->status == 200 && reply->body == "success") {
        seams_.on_success(notice->notify_id);
        --notices_under_way_;
        return;
    }
    const auto wait = schedule_.wait_after(notice->attempts);
    if (!wait) {
        --notices_under_way_;
        return;
    }
    seams_.world.after(*wait, [this, notice] { send(notice); });
}

}  // namespace tollgate::simulation
