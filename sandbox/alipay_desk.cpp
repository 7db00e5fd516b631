#include "sandbox/alipay_desk.h"

#include <algorithm>
#include <array>

#include "base/id.h"
#include "sandbox/answer.h"
#include "sandbox/auth_notice.h"
#include "sandbox/cashier_pages.h"
#include "sandbox/random_text.h"
#include "sandbox/refusal.h"
#include "sandbox/v3_answer.h"
#include "sandbox/v3_request.h"
#include "sandbox/web.h"

namespace tollgate::sandbox {
namespace {

constexpr std::size_t kUnansweredMax = 200;
constexpr std::size_t kHeldMax = 10'000;

// Page methods answer with a page even when the request cannot be trusted yet.
bool wants_page(const transport::ServerRequest& request) {
    for (const std::string* text : {&request.query, &request.body}) {
        const auto fields = parse_form(*text);
        const Method* method = fields ? find_method(value_of(*fields, "method")) : nullptr;
        if (method != nullptr) return opened_by_buyer(*method);
    }
    return false;
}

// An empty body needs no type.
bool is_form(const transport::ServerRequest& request) {
    return request.body.empty() || request.header("Content-Type")
                                       .value_or("")
                                       .starts_with("application/x-www-form-urlencoded");
}

TradeRules rules_of(const config::SandboxAlipay& settings) {
    TradeRules rules;
    rules.refund_spacing /= settings.time_scale;
    rules.trades_max = static_cast<std::size_t>(settings.trades_max);
    return rules;
}

CertSnInNotice cert_sn_in_notices(const config::SandboxAlipay& settings) {
    if (settings.notification_cert_sn == "unsigned") return CertSnInNotice::left_out;
    if (settings.notification_cert_sn == "none") return CertSnInNotice::absent;
    return CertSnInNotice::signed_too;
}

Json node_of(const Handled& handled) {
    switch (handled.reply) {
        case Reply::success: return success_node(handled.node);
        case Reply::waits: return waiting_node(handled.node);
        case Reply::bare: return handled.node;
        case Reply::never: break;
    }
    TOLLGATE_CHECK(false);
}

// The number that people know a call by.
std::string number_of(const SignedRequest& request) {
    for (const char* name : {"out_trade_no", "out_order_no", "trade_no", "auth_no"}) {
        if (auto number = text_member(request.biz, name)) return *std::move(number);
    }
    return {};
}

void cut_in_the_middle(transport::ServerResponse& answer) {
    answer.body.resize(answer.body.size() / 2);
}

// The connection is reset instead.
transport::ServerResponse no_answer() {
    return {.status = 200, .cut_after = 0};
}

transport::ServerResponse error_page(int status) {
    return {.status = status,
            .content_type = "text/html",
            .body = "<html><body><h1>" + std::to_string(status) + "</h1></body></html>",
            .headers = {}};
}

}  // namespace

Result<std::unique_ptr<AlipayDesk>> AlipayDesk::open(const config::SandboxAlipay& settings,
                                                     Seams seams) {
    auto key = PrivateKey::parse(settings.private_key.reveal());
    if (!key) {
        return Error(ErrorCode::invalid_argument, "alipay/private_key: " + key.error().message());
    }
    TOLLGATE_TRY(Apps apps, open_apps(settings.apps, *key));
    return std::make_unique<AlipayDesk>(std::move(apps), *std::move(key), settings,
                                        std::move(seams));
}

AlipayDesk::AlipayDesk(Apps apps, PrivateKey key, const config::SandboxAlipay& settings,
                       Seams seams)
    : apps_(std::move(apps)),
      key_(std::move(key)),
      seams_(std::move(seams)),
      judge_(apps_, key_.public_half()),
      faults_(settings.faults),
      certificates_(apps_, cert_sn_in_notices(settings)),
      notifier_(
          {.time_scale = settings.time_scale, .immediate_resends = settings.immediate_resends},
          key_,
          {.clock = seams_.clock,
           .entropy = seams_.entropy,
           .log = seams_.log,
           .http = seams_.http,
           .faults = &faults_,
           .certificates = &certificates_}),
      console_nonce_(make_id("nonce", seams_.clock.now(), seams_.entropy)),
      no_password_max_(Money::from_fen(settings.no_password_max)),
      bills_at_once_(settings.bills_at_once),
      notified_statuses_(settings.notified_statuses),
      books_(seams_.entropy, rules_of(settings), settings.fee_basis_points) {
    books_.trades.watch([this](const Trade& trade, TradeEvent event, const Refund* refund) {
        notify(trade, event, refund);
    });
    books_.auths.watch([this](const AuthOrder& auth, const Operation& operation) {
        notifier_.queue(auth_notice(auth, operation));
        seams_.wake();
    });
}

void AlipayDesk::add_routes(transport::Router& router) {
    add_gateway_routes(router);
    add_buyer_routes(router);
    add_console_routes(router);
}

void AlipayDesk::add_gateway_routes(transport::Router& router) {
    for (const char* method : {"GET", "POST"}) {
        router.add(method, "/gateway.do",
                   [this](transport::ServerRequest& request, transport::Ticket ticket) {
                       reply(answer(request), std::move(ticket));
                   });
    }
    for (const Method& method : all_methods()) {
        if (!has_v3(method)) continue;
        std::string path = "/v3/" + std::string(method.name);
        std::ranges::replace(path, '.', '/');
        router.add(std::string(method.v3_verb), path,
                   [this](transport::ServerRequest& request, transport::Ticket ticket) {
                       reply(answer_v3(request), std::move(ticket));
                   });
    }
}

std::size_t AlipayDesk::run_once(std::size_t limit) {
    const Timestamp now = seams_.clock.now();
    std::vector<Held> due;
    {
        const std::lock_guard lock(mutex_);
        books_.trades.expire(now);
        books_.auths.expire(now);
        while (!late_money_.empty() && late_money_.begin()->first <= now) {
            static_cast<void>(books_.trades.pay_late(late_money_.begin()->second, now));
            late_money_.erase(late_money_.begin());
        }
        while (!held_.empty() && held_.begin()->first <= now) {
            due.push_back(std::move(held_.begin()->second));
            held_.erase(held_.begin());
        }
    }
    for (Held& held : due) held.ticket.complete(std::move(held.answer));
    return due.size() + notifier_.run_once(limit);
}

std::optional<Timestamp> AlipayDesk::next_due() const {
    std::optional<Timestamp> next = notifier_.next_due();
    const std::lock_guard lock(mutex_);
    if (!held_.empty() && (!next || held_.begin()->first < *next)) next = held_.begin()->first;
    if (!late_money_.empty() && (!next || late_money_.begin()->first < *next)) {
        next = late_money_.begin()->first;
    }
    return next;
}

GatewayReply AlipayDesk::answer(const Request& request) {
    const Timestamp now = seams_.clock.now();
    RequestOutline outline;
    const auto judged =
        is_form(request)
            ? judge_.judge({.query = request.query, .body = request.body}, now, outline)
            : Result<SignedRequest>(refusal("isv.invalid-parameter",
                                            "Content-Type 应为 application/x-www-form-urlencoded"));
    if (!judged) {
        log_refusal(outline, judged.error());
        if (wants_page(request)) return {.answer = refused_page(judged.error(), request)};
        return {.answer = gateway_answer(refusal_node(judged.error()),
                                         {.method = outline.method,
                                          .charset = outline.charset,
                                          .sign_type = outline.sign_type,
                                          .has_signature = outline.signature_proved,
                                          .cert_sn = certificates_.current_sn(outline.app_id)},
                                         key_)};
    }
    if (judged->method->door == Door::call) {
        return carry_out(*judged, now, v2_builder(outline, *judged));
    }
    if (judged->method->door == Door::app) {
        return {.answer =
                    refused_page(refusal("isv.invalid-method",
                                         "订单串应交给支付宝客户端，不应提交到网关。沙箱里请用 " +
                                             base_url_ + "/app"),
                                 request)};
    }
    const auto page = open_page(*judged, now);
    if (page) return {.answer = redirect(*page)};
    log_refusal(outline, page.error());
    return {.answer = refused_page(page.error(), request)};
}

GatewayReply AlipayDesk::answer_v3(const Request& request) {
    const Timestamp now = seams_.clock.now();
    V3Stamp stamp{.now = now, .nonce = random_hex(seams_.entropy, 16)};
    const auto judged = judge_v3(request, apps_, now);
    if (judged) {
        stamp.cert_sn = certificates_.current_sn(judged->app->app_id);
        stamp.encryption = encryption_of(*judged);
    } else {
        log_refusal({.method = request.path}, judged.error());
        return {.answer = v3_answer(judged.error(), SignatureFlaw::none, stamp, key_)};
    }
    return carry_out(*judged, now, [&](const Result<Handled>& handled, SignatureFlaw flaw) {
        return v3_answer(handled, flaw, stamp, key_);
    });
}

std::optional<Encryption> AlipayDesk::encryption_of(const SignedRequest& request) const {
    if (!request.encrypted) return std::nullopt;
    std::array<std::uint8_t, ContentKey::kBytes> iv{};
    seams_.entropy.fill(iv);
    return Encryption{
        .key = *request.app->content_key, .type = *request.encrypted, .iv = {iv.begin(), iv.end()}};
}

AlipayDesk::Builder AlipayDesk::v2_builder(const RequestOutline& outline,
                                           const SignedRequest& request) const {
    return [this, outline, encryption = encryption_of(request)](const Result<Handled>& handled,
                                                                SignatureFlaw flaw) {
        AnswerShape shape{.method = outline.method,
                          .charset = outline.charset,
                          .sign_type = outline.sign_type,
                          .has_signature = flaw != SignatureFlaw::missing,
                          .has_wrong_signature = flaw == SignatureFlaw::wrong,
                          .cert_sn = certificates_.current_sn(outline.app_id),
                          .encryption = encryption};
        if (handled) return gateway_answer(node_of(*handled), shape, key_);
        const Method* method = find_method(outline.method);
        if (method != nullptr && !method->needs_biz_content) shape.method.clear();
        return gateway_answer(refusal_node(handled.error()), shape, key_);
    };
}

GatewayReply AlipayDesk::carry_out(const SignedRequest& request, Timestamp now,
                                   const Builder& build) {
    using config::FaultAction;
    const auto fault = faults_.for_call(request.method->name, number_of(request));
    const auto strikes = [&fault](FaultAction action) { return fault && fault->action == action; };
    if (strikes(FaultAction::drop_request)) return {};
    if (strikes(FaultAction::reset_request)) return {.answer = no_answer(), .delay = fault->delay};
    if (strikes(FaultAction::http_error)) {
        return {.answer = error_page(static_cast<int>(fault->http_status)), .delay = fault->delay};
    }
    const auto fault_refusal = [&fault] { return refusal(fault->sub_code, "沙箱按计划出错"); };
    if (strikes(FaultAction::refuse)) {
        return {.answer = build(fault_refusal(), SignatureFlaw::none), .delay = fault->delay};
    }
    const auto handled = run(request, now);
    if (!handled) {
        log_refusal({.method = std::string(request.method->name)}, handled.error());
    }
    if (strikes(FaultAction::drop_answer) || (handled && handled->reply == Reply::never)) return {};
    if (strikes(FaultAction::late_money) && handled) {
        const std::string trade_no = text_member(handled->node, "trade_no").value_or("");
        const std::lock_guard lock(mutex_);
        late_money_.emplace(now + fault->delay, trade_no);
        return {.answer = build(handled, SignatureFlaw::none)};
    }
    GatewayReply made{.delay = fault ? fault->delay : std::chrono::milliseconds(0)};
    if (strikes(FaultAction::do_and_refuse)) {
        made.answer = build(fault_refusal(), SignatureFlaw::none);
    } else if (strikes(FaultAction::unsigned_answer)) {
        made.answer = build(handled, SignatureFlaw::missing);
    } else if (strikes(FaultAction::wrong_signature)) {
        made.answer = build(handled, SignatureFlaw::wrong);
    } else {
        made.answer = build(handled, SignatureFlaw::none);
    }
    if (strikes(FaultAction::garbled)) cut_in_the_middle(*made.answer);
    if (strikes(FaultAction::cut_off)) made.answer->cut_after = made.answer->body.size() / 2;
    if (strikes(FaultAction::reset_answer)) made.answer = no_answer();
    return made;
}

void AlipayDesk::reply(GatewayReply reply, transport::Ticket ticket) {
    if (reply.answer && reply.delay.count() == 0) return ticket.complete(*std::move(reply.answer));
    const std::lock_guard lock(mutex_);
    if (reply.answer && held_.size() < kHeldMax) {
        held_.emplace(seams_.clock.now() + reply.delay,
                      Held{.ticket = std::move(ticket), .answer = *std::move(reply.answer)});
        seams_.wake();
        return;
    }
    // A request that is never answered keeps its place until the front gives up
    // on it.
    unanswered_.push_back(std::move(ticket));
    if (unanswered_.size() > kUnansweredMax) unanswered_.pop_front();
}

Result<Handled> AlipayDesk::run(const SignedRequest& request, Timestamp now) {
    const std::lock_guard lock(mutex_);
    auto handled = request.method->run(request, {.books = books_,
                                                 .now = now,
                                                 .base_url = base_url_,
                                                 .no_password_max = no_password_max_,
                                                 .bills_at_once = bills_at_once_});
    if (!handled) return handled;
    for (Notice& notice : handled->notices) notifier_.queue(std::move(notice));
    if (!handled->notices.empty()) seams_.wake();
    return handled;
}

Result<std::string> AlipayDesk::open_page(const SignedRequest& request, Timestamp now) {
    TOLLGATE_TRY(const Handled handled, run(request, now));
    const bool freezes = request.method->name == "alipay.fund.auth.order.app.freeze";
    return (freezes ? "/fund/" : "/cashier/") + handled.cashier;
}

// By default Alipay tells of payments and refunds only; the other statuses have
// to be asked for (protocol notes 4.6). What is told depends on nothing but
// what has happened.
void AlipayDesk::notify(const Trade& trade, TradeEvent event, const Refund* refund) {
    if (event == TradeEvent::paid) books_.journal.add_payment(trade);
    if (event == TradeEvent::refunded) books_.journal.add_refund(trade, *refund);
    const bool always = event == TradeEvent::paid || event == TradeEvent::refunded;
    if (!always &&
        std::ranges::find(notified_statuses_, name_of(trade.status)) == notified_statuses_.end()) {
        return;
    }
    notifier_.queue(trade_notice(trade, refund));
    seams_.wake();
}

void AlipayDesk::log_refusal(const RequestOutline& outline, const Error& refusal) {
    seams_.log.info("sandbox.request_refused", {{"method", outline.method},
                                                {"sub_code", refusal.reason()},
                                                {"sub_msg", refusal.message()}});
}

}  // namespace tollgate::sandbox
