#include "tests/simulation/alipay_model.h"

#include <algorithm>
#include <array>
#include <iterator>
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

nlohmann::json system_error() {
    return {{"code", "20000"},
            {"msg", "Service Currently Unavailable"},
            {"sub_code", "aop.unknow-error"},
            {"sub_msg", "simulated"}};
}

// Of all useless things that it says the only one that promises: nothing was done.
nlohmann::json too_many_calls() {
    return {{"code", "40005"},
            {"msg", "Call Limited"},
            {"sub_code", "aop.app-call-limited"},
            {"sub_msg", "simulated"}};
}

// Of an answer: the only clock of Alipay's that the product sees.
std::string http_date(Timestamp at) {
    constexpr std::array kDays{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string text = to_rfc3339(at);
    const auto month = static_cast<std::size_t>((text[5] - '0') * 10 + text[6] - '0' - 1);
    const auto day = static_cast<std::size_t>(at.ms / 86'400'000 % 7);
    return std::string(kDays.at(day)) + ", " + text.substr(8, 2) + " " + kMonths.at(month) + " " +
           text.substr(0, 4) + " " + text.substr(11, 8) + " GMT";
}

}  // namespace

AlipayModel::AlipayModel(Dice dice, Seams seams)
    : dice_(dice),
      seams_(std::move(seams)),
      book_(dice_),
      auth_dice_(dice.aside()),
      auths_(auth_dice_),
      app_key_(seams_.keys.app.public_half()) {
    auths_.watch([this](const sandbox::AuthOrder& auth, const sandbox::Operation& operation) {
        auth_happened(auth, operation);
    });
    book_.watch([this](const sandbox::Trade& trade, sandbox::TradeEvent event,
                       const sandbox::Refund* refund) { happened(trade, event, refund); });
}

bool AlipayModel::is_ours(const Fields& fields) const {
    return app_key_
        .verify(signing::request_content(fields), text_in(fields, "sign"), SignType::rsa2)
        .has_value();
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
    const std::string_view url = request.url;
    auto query = signing::decode_form(url.substr(url.find('?') + 1));
    auto body = signing::decode_form(request.body);
    Fields fields = query ? *std::move(query) : Fields{};
    if (body) std::ranges::move(*body, std::back_inserter(fields));
    const std::string method = text_in(fields, "method");
    if (!is_ours(fields)) {
        const Json refusal = {
            {"code", "40002"}, {"msg", "Invalid"}, {"sub_code", "isv.invalid-signature"}};
        answer({.status = 200, .headers = {}, .body = answer_text(method, refusal)});
        return true;
    }
    const Json biz = Json::parse(signing::find(fields, "biz_content").value_or(""), nullptr, false);
    const bool in_trouble = dice_.chance(faults_.alipay_trouble);
    // In trouble it may have done it or not, and says one of several useless things.
    Json node;
    if (in_trouble && dice_.chance(200)) {
        node = too_many_calls();
    } else {
        bool says_so = !in_trouble || dice_.chance(500);
        if (says_so) node = run(method, fields, biz);
        if (in_trouble && dice_.chance(500)) says_so = false;
        if (!says_so) node = system_error();
    }
    std::string text = answer_text(method, node);
    if (in_trouble && dice_.chance(300)) {
        text.resize(text.rfind(",\"sign\"") + 1);
        text += "\"sign\":\"\"}";
    } else if (dice_.chance(faults_.corrupted)) {
        seams_.network.corrupt(text);
    }
    answer({.status = 200,
            .headers = {{"Date", http_date(seams_.world.now())}},
            .body = std::move(text)});
    return true;
}

std::string AlipayModel::answer_text(const std::string& method, const Json& node) {
    std::string name = method + "_response";
    for (char& c : name) c = c == '.' ? '_' : c;
    const std::string text = node.dump();
    return "{\"" + name + "\":" + text + ",\"sign\":\"" +
           *seams_.keys.alipay.sign(text, SignType::rsa2) + "\"}";
}

const sandbox::Trade* AlipayModel::trade(const std::string& out_trade_no) {
    book_.expire(seams_.world.now());
    return book_.by_out_trade_no(kSellerId, out_trade_no);
}

std::optional<Money> AlipayModel::refunded(const std::string& out_trade_no,
                                           const std::string& number) const {
    const auto trade = truth_.find(out_trade_no);
    if (trade == truth_.end()) return std::nullopt;
    const auto refund = trade->second.refunds.find(number);
    if (refund == trade->second.refunds.end()) return std::nullopt;
    return refund->second.amount;
}

Money AlipayModel::refunded_in_all(const std::string& out_trade_no) const {
    std::int64_t fen = 0;
    const auto trade = truth_.find(out_trade_no);
    if (trade == truth_.end()) return Money();
    for (const auto& [number, refund] : trade->second.refunds) fen += refund.amount.fen();
    return Money::from_fen(fen);
}

std::optional<std::string> AlipayModel::opened(const Result<const sandbox::Trade*>& opening) {
    if (!opening) {
        seams_.trace.note("alipay.refuses", opening.error().reason());
        return std::nullopt;
    }
    return (*opening)->trade_no;
}

void AlipayModel::happened(const sandbox::Trade& trade, sandbox::TradeEvent event,
                           const sandbox::Refund* refund) {
    const std::string& number = trade.order.out_trade_no;
    TradeTruth& truth = truth_[number];
    switch (event) {
        case sandbox::TradeEvent::created:
            seams_.trace.note("alipay.trade", number);
            truth.amount = trade.order.total;
            truth.trade_no = trade.trade_no;
            if (dice_.chance(faults_.chatty)) notify(trade, "WAIT_BUYER_PAY");
            // So that it ends at its time, and not when somebody asks next.
            seams_.world.at(trade.order.expires_at, [this] { book_.expire(seams_.world.now()); });
            return;
        case sandbox::TradeEvent::paid:
            seams_.trace.note("alipay.paid", number);
            truth.paid = true;
            notify(trade, "TRADE_SUCCESS");
            return;
        case sandbox::TradeEvent::closed:
            seams_.trace.note("alipay.closed", number);
            if (!truth.paid) truth.closed_unpaid = true;
            if (dice_.chance(faults_.chatty)) notify(trade, "TRADE_CLOSED");
            if (!dice_.chance(faults_.late_money)) return;
            seams_.world.after(milliseconds(dice_.between(1, 600'000)),
                               [this, trade_no = trade.trade_no] {
                                   static_cast<void>(book_.pay_late(trade_no, seams_.world.now()));
                               });
            return;
        case sandbox::TradeEvent::finished:
            seams_.trace.note("alipay.finished", number);
            notify(trade, "TRADE_FINISHED");
            return;
        case sandbox::TradeEvent::refunded: break;
    }
    seams_.trace.note("alipay.refunded", number + " " + refund->out_request_no);
    if (dice_.chance(faults_.late_reports)) {
        unseen_until_[refund->out_request_no] =
            seams_.world.now() + milliseconds(dice_.between(1'000, 60'000));
    }
    if (!truth.refunds.emplace(refund->out_request_no, *refund).second) {
        seams_.on_violation("two refunds under one number: " + refund->out_request_no);
    }
    notify(trade, name_of(trade.status), refund);
}

std::optional<std::string> AlipayModel::open_page(const std::string& url) {
    const auto fields = signing::decode_form(url.substr(url.find('?') + 1));
    if (!fields || !is_ours(*fields)) return std::nullopt;
    const Json biz = Json::parse(text_in(*fields, "biz_content"), nullptr, false);
    return opened(book_.open(order_of(*fields, biz), seams_.world.now()));
}

std::optional<std::string> AlipayModel::scan(const std::string& qr_code) {
    return opened(book_.scan(qr_code, seams_.world.now()));
}

bool AlipayModel::pay(const std::string& trade_no) {
    if (!book_.pay(trade_no, seams_.world.now())) return false;
    if (dice_.chance(faults_.immediate_finish)) {
        static_cast<void>(book_.finish(trade_no, seams_.world.now()));
    }
    if (dice_.chance(faults_.external_refunds)) {
        seams_.world.after(milliseconds(dice_.between(1'000, 600'000)),
                           [this, trade_no] { refund_at_the_console(trade_no); });
    }
    return true;
}

// Somebody of the shop sends money back at Alipay's own pages, and tells nobody.
void AlipayModel::refund_at_the_console(const std::string& trade_no) {
    const auto* trade = book_.by_trade_no(trade_no);
    const Money left = sandbox::refundable(*trade);
    if (truth_.at(trade->order.out_trade_no).foreign || left.fen() <= 0) return;
    const Money amount = dice_.chance(500) ? left : Money::from_fen(dice_.between(1, left.fen()));
    static_cast<void>(book_.refund(trade_no,
                                   {.out_request_no = "EXT" + std::to_string(++console_refunds_),
                                    .amount = amount,
                                    .reason = "",
                                    .origin = sandbox::RefundOrigin::console},
                                   seams_.world.now()));
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
    truth_[out_trade_no].foreign = true;
    const auto trade_no = opened(book_.open(order, seams_.world.now()));
    if (trade_no) pay(*trade_no);
}

}  // namespace tollgate::simulation
