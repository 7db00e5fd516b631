#include <utility>

#include "base/time_text.h"
#include "signing/content.h"
#include "signing/form.h"
#include "tests/simulation/alipay_model.h"

// What Alipay posts to the gateway, until it has heard `success`.
namespace tollgate::simulation {
namespace {

using signing::Fields;
using signing::SignType;
using std::chrono::milliseconds;

}  // namespace

struct AlipayModel::Notice {
    std::string notify_id;
    std::string name;  // In the trace.
    std::string body;
    int attempts = 0;
};

void AlipayModel::notify(const sandbox::Trade& trade, std::string_view status,
                         const sandbox::Refund* refund) {
    // Whoever paid from frozen money named no address for it.
    if (captured_.contains(trade.order.out_trade_no)) return;
    post(trade.order.out_trade_no + " " + std::string(status), trade.trade_no,
         notification(trade, status, refund));
}

void AlipayModel::post(std::string name, const std::string& number, Fields fields) {
    auto notice = std::make_shared<Notice>();
    notice->notify_id = "n" + std::to_string(++notices_) + "-" + number;
    notice->name = std::move(name);
    notice->body = signed_body(std::move(fields), notice->notify_id, seams_.keys.alipay);
    ++notices_under_way_;
    seams_.world.after(milliseconds(dice_.between(1, 3'000)), [this, notice] { send(notice); });
}

std::string AlipayModel::signed_body(Fields fields, const std::string& notify_id,
                                     const signing::PrivateKey& key) const {
    fields.emplace_back("notify_id", notify_id);
    fields.emplace_back("notify_time", to_beijing(seams_.world.now()));
    auto sign = *key.sign(signing::notification_content(fields), SignType::rsa2);
    fields.emplace_back("sign_type", "RSA2");
    fields.emplace_back("sign", std::move(sign));
    return signing::encode_form(fields);
}

Fields AlipayModel::notification(const sandbox::Trade& trade, std::string_view status,
                                 const sandbox::Refund* refund) const {
    Fields fields = {{"gmt_create", to_beijing(trade.created_at)},
                     {"charset", "utf-8"},
                     {"subject", trade.order.subject},
                     {"notify_type", "trade_status_sync"},
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
    if (refund != nullptr) {
        fields.emplace_back("refund_fee", refund->refunded_so_far.to_yuan());
        fields.emplace_back("send_back_fee", refund->amount.to_yuan());
        fields.emplace_back("out_biz_no", refund->out_request_no);
        fields.emplace_back("gmt_refund", to_beijing(refund->at) + ".000");
    }
    return fields;
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
    notice->body = signed_body(notification(trade, "TRADE_SUCCESS", nullptr), notice->notify_id,
                               seams_.keys.stranger);
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
