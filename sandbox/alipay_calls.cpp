// What comes of a request to either of Alipay's gateways.
#include <array>

#include "sandbox/alipay_desk.h"
#include "sandbox/cashier_pages.h"
#include "sandbox/random_text.h"
#include "sandbox/refusal.h"
#include "sandbox/v3_answer.h"
#include "sandbox/v3_request.h"
#include "sandbox/web.h"

namespace tollgate::sandbox {
namespace {

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

Json node_of(const Handled& handled) {
    switch (handled.reply) {
        case Reply::success: return success_node(handled.node);
        case Reply::waits: return waiting_node(handled.node);
        case Reply::bare: return handled.node;
        case Reply::never: break;
    }
    TOLLGATE_CHECK(false);
}

// Whose node a refusal stands in: methods without biz_content fail as error_response.
std::string refused_method(const std::string& name) {
    const Method* method = find_method(name);
    return method != nullptr && method->needs_biz_content ? name : std::string();
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
                                         {.method = refused_method(outline.method),
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
        shape.method = refused_method(outline.method);
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
    // A close that was refused is answered at once too: it has no money to be late.
    const bool waits = fault && !strikes(FaultAction::late_money);
    GatewayReply made{.delay = waits ? fault->delay : std::chrono::milliseconds(0)};
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

}  // namespace tollgate::sandbox
