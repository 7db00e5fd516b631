#include "gateway/create_payment.h"

#include <algorithm>

#include "base/id.h"
#include "callbacks/promotion.h"
#include "gateway/alipay_request.h"
#include "gateway/answers.h"
#include "gateway/idempotency.h"

namespace tollgate::gateway {
namespace {

using Kind = CreateOutcome::Kind;
using transport::ServerResponse;
using transport::Ticket;

// When somebody must look at a payment again that nothing has happened to.
constexpr std::chrono::minutes kExpiryGrace{10};
constexpr std::chrono::seconds kUnknownLook{30};

ServerResponse with_header(ServerResponse response, std::string name, std::string value) {
    response.headers.emplace_back(std::move(name), std::move(value));
    return response;
}

ServerResponse created(const ledger::Payment& payment, const std::string& body) {
    return with_header(json_response(201, body), "Location", "/v1/payments/" + payment.id);
}

ApiProblem problem_of(const CreateOutcome& outcome) {
    switch (outcome.kind) {
        case Kind::key_differs:
            return {.status = 422,
                    .code = "idempotency_key_reused",
                    .title = "This Idempotency-Key was used with other fields",
                    .fields = outcome.fields};
        case Kind::number_differs:
            return {.status = 422,
                    .code = "out_trade_no_reused",
                    .title = "This out_trade_no belongs to a payment with other fields",
                    .fields = outcome.fields,
                    .payment_id = outcome.payment.id};
        case Kind::number_taken:
            return {.status = 409,
                    .code = "out_trade_no_taken",
                    .title = "Another app of the same seller uses this out_trade_no"};
        case Kind::busy:
        case Kind::created:
        case Kind::call:
        case Kind::replayed:
        case Kind::stored_answer: break;
    }
    return {.status = 409,
            .code = "in_progress",
            .title = "The first request of this payment is still at work",
            .payment_id = outcome.payment.id,
            .retry_after_seconds = 1};
}

ApiProblem refusal_problem(const ledger::Payment& payment, const std::string& reason) {
    return {.status = 422,
            .code = "refused_by_alipay",
            .title = "Alipay refused the payment for good: " + reason,
            .payment_id = payment.id};
}

ApiProblem unclear_problem(const ledger::Payment& payment, const Error& error) {
    if (error.code() == ErrorCode::unavailable) {
        return {
            .status = 503,
            .code = "alipay_unavailable",
            .title = "Alipay could not be reached; nothing was sent. Send the same request again",
            .payment_id = payment.id,
            .retry_after_seconds = 2};
    }
    return {.status = 502,
            .code = "outcome_unknown",
            .title = "Alipay was asked, and its answer is not clear (" + error.message() +
                     "). Send the same request again; never use another out_trade_no",
            .payment_id = payment.id,
            .retry_after_seconds = 5};
}

}  // namespace

struct CreatePayment::Work {
    Asked asked;
    Ticket ticket;
    callbacks::AppRef app;
    NewPayment wanted;
    std::optional<AlipayClient::Prepared> prepared;  // Of a product that needs a call.

    void answer(ServerResponse response) { ticket.complete(std::move(response)); }
    void answer(const ApiProblem& problem) { ticket.complete(to_response(problem)); }
};

void CreatePayment::run(Asked asked, Ticket ticket) {
    auto work = std::make_shared<Work>();
    work->asked = std::move(asked);
    work->ticket = std::move(ticket);
    const CreateRequest& request = work->asked.request;
    work->app = work->asked.caller->may_see(request.app) ? apps_.find(request.app) : nullptr;
    if (work->app == nullptr) {
        return work->answer({.status = 404,
                             .code = "app_not_found",
                             .title = "Your key knows no such app",
                             .fields = {{.where = "/app", .what = "is no app of yours"}}});
    }
    const auto& sellers = work->app->seller_ids;
    if (!request.seller_id.empty() &&
        std::ranges::find(sellers, request.seller_id) == sellers.end()) {
        return work->answer(
            {.status = 400,
             .code = "invalid_request",
             .title = "The request is not valid",
             .fields = {{.where = "/seller_id", .what = "is no seller of the app"}}});
    }
    if (auto ready = prepare(*work); !ready) {
        seams_.log.error("payment.create_failed", {{"request_id", work->asked.request_id},
                                                   {"reason", ready.error().message()}});
        return work->answer(storage_problem(ready.error()));
    }
    if (work->ticket.open()) submit(std::move(work));
}

// Everything that can be done before the transaction. Answers by itself when the payment is already
// there and durable, so that a repeat costs no signature and no commit.
Result<Done> CreatePayment::prepare(Work& work) const {
    const CreateRequest& request = work.asked.request;
    const Timestamp now = seams_.clock.now();
    NewPayment& wanted = work.wanted;
    wanted.caller = work.asked.caller->id;
    wanted.key = work.asked.key;
    wanted.needs_call = request.product->way == Way::call;
    wanted.now = now;
    wanted.calling_until = now + settings_.call_lease;
    wanted.request.fingerprint = request.fingerprint;
    wanted.request.return_url = request.return_url;
    wanted.origin = {.cause = ledger::Cause::api,
                     .cause_id = work.asked.caller->id,
                     .request_id = work.asked.request_id};

    TOLLGATE_TRY(const auto reading, seams_.store.read());
    TOLLGATE_TRY(auto existing, reading->payment_by_number(request.app, request.out_trade_no));
    if (existing) {
        wanted.payment = *existing;
        if (!wanted.key) {
            TOLLGATE_TRY(const auto met, meet_existing(*reading, *existing, wanted));
            if (met.kind == Kind::replayed) work.answer(replayed(200, met.body));
            if (met.kind == Kind::number_differs) work.answer(problem_of(met));
            if (!work.ticket.open()) return Done{};
        }
        return wanted.needs_call ? prepare_call(work) : Result<Done>(Done{});
    }

    ledger::Payment& payment = wanted.payment;
    payment.id = make_id("pay", now, seams_.entropy);
    payment.app = request.app;
    payment.out_trade_no = request.out_trade_no;
    payment.seller_id =
        request.seller_id.empty() ? work.app->seller_ids.front() : request.seller_id;
    payment.product = request.product->name;
    payment.amount = request.amount;
    payment.subject = request.subject;
    payment.order = request.order;
    payment.metadata = request.metadata;
    payment.created_at = now;
    payment.updated_at = now;
    // Alipay's clock counts whole seconds, and both must mean the same moment.
    payment.expires_at = Timestamp{now.ms / 1000 * 1000} + request.expires_in;
    if (wanted.needs_call) {
        payment.status = ledger::PaymentStatus::unknown;
        payment.next_sweep_at = now + kUnknownLook;
        return prepare_call(work);
    }
    payment.status = ledger::PaymentStatus::pending;
    payment.next_sweep_at = payment.expires_at + kExpiryGrace;
    return prepare_action(work);
}

Result<Done> CreatePayment::prepare_action(Work& work) const {
    const CreateRequest& request = work.asked.request;
    const ledger::Payment& payment = work.wanted.payment;
    const std::string door = settings_.public_base_url + "/alipay/" + work.app->id;
    const auto biz = create_biz_content(request, payment.seller_id, payment.expires_at);
    const bool in_browser = request.product->way == Way::browser;
    TOLLGATE_TRY(const auto fields, sign_request({.app = work.app.get(),
                                                  .method = request.product->method,
                                                  .biz_content = biz.dump(),
                                                  .notify_url = door + "/notify",
                                                  .return_url = in_browser ? door + "/return" : "",
                                                  .now = work.wanted.now}));
    if (!in_browser) {
        work.wanted.request.action = action_json("sdk", "order_string", order_string(fields));
    } else if (request.as_form) {
        work.wanted.request.action = action_json("form", "html", page_form(*work.app, fields));
    } else {
        work.wanted.request.action = action_json("redirect", "url", page_url(*work.app, fields));
    }
    return Done{};
}

Result<Done> CreatePayment::prepare_call(Work& work) const {
    const ledger::Payment& payment = work.wanted.payment;
    TOLLGATE_TRY(
        work.prepared,
        seams_.alipay.prepare(
            {.app = work.app,
             .method = work.asked.request.product->method,
             .biz_content =
                 create_biz_content(work.asked.request, payment.seller_id, payment.expires_at),
             .notify_url = settings_.public_base_url + "/alipay/" + work.app->id + "/notify",
             .request_id = work.asked.request_id}));
    return Done{};
}

void CreatePayment::submit(std::shared_ptr<Work> work) {
    seams_.writer.submit(ledger::make_unit(
        [work](ledger::Books& books) { return create_in_books(books, work->wanted); },
        [this, work](Result<CreateOutcome> outcome) { after_unit(work, std::move(outcome)); }));
}

void CreatePayment::after_unit(const std::shared_ptr<Work>& work, Result<CreateOutcome> outcome) {
    if (!outcome) {
        seams_.log.error("payment.create_failed", {{"request_id", work->asked.request_id},
                                                   {"reason", outcome.error().message()}});
        return work->answer(storage_problem(outcome.error()));
    }
    switch (outcome->kind) {
        case Kind::created:
            seams_.log.info("payment.created", {{"request_id", work->asked.request_id},
                                                {"payment_id", outcome->payment.id},
                                                {"product", outcome->payment.product},
                                                {"amount", outcome->payment.amount.fen()}});
            return work->answer(created(outcome->payment, outcome->body));
        case Kind::replayed: return work->answer(replayed(200, outcome->body));
        case Kind::stored_answer: return work->answer(replayed(outcome->status, outcome->body));
        case Kind::call:
            work->wanted.payment = std::move(outcome->payment);
            return seams_.alipay.start(
                *std::move(work->prepared),
                [this, work](const Result<AlipayAnswer>& answer) { after_call(work, answer); });
        case Kind::key_differs:
        case Kind::number_differs:
        case Kind::number_taken:
        case Kind::busy: return work->answer(problem_of(*outcome));
    }
}

void CreatePayment::after_call(const std::shared_ptr<Work>& work,
                               const Result<AlipayAnswer>& answer) {
    if (!answer) return call_unclear(work, answer.error());
    switch (answer->kind) {
        case AlipayAnswer::Kind::done: {
            const std::string number = answer->text("out_trade_no");
            const std::string qr_code = answer->text("qr_code");
            if (number == work->wanted.payment.out_trade_no && !qr_code.empty()) {
                return call_succeeded(work, qr_code);
            }
            return call_unclear(work, Error(ErrorCode::outcome_unknown,
                                            "the answer has no qr_code for this out_trade_no"));
        }
        case AlipayAnswer::Kind::refused: return ask_about_refusal(work, *answer);
        case AlipayAnswer::Kind::wait:
        case AlipayAnswer::Kind::unknown:
            return call_unclear(
                work, Error(ErrorCode::outcome_unknown, answer->sub_code + " " + answer->message));
    }
}

// A refusal closes nothing by itself: an earlier try of the same call may have made a trade.
void CreatePayment::ask_about_refusal(const std::shared_ptr<Work>& work,
                                      const AlipayAnswer& refusal) {
    const std::string reason = refusal.sub_code + " " + refusal.message;
    seams_.alipay.call({.app = work->app,
                        .method = "alipay.trade.query",
                        .biz_content = {{"out_trade_no", work->wanted.payment.out_trade_no}},
                        .notify_url = "",
                        .request_id = work->asked.request_id},
                       [this, work, reason](const Result<AlipayAnswer>& answer) {
                           const bool no_trade = answer &&
                                                 answer->kind == AlipayAnswer::Kind::refused &&
                                                 plain_code(answer->sub_code) == "TRADE_NOT_EXIST";
                           if (no_trade) return call_refused(work, reason);
                           call_unclear(work, Error(ErrorCode::outcome_unknown, reason));
                       });
}

void CreatePayment::call_succeeded(const std::shared_ptr<Work>& work, const std::string& qr_code) {
    const std::string action = action_json("qr", "qr_code", qr_code);
    const Timestamp now = seams_.clock.now();
    seams_.writer.submit(ledger::make_unit(
        [this, work, action, now](ledger::Books& books) -> Result<std::string> {
            TOLLGATE_TRY(auto found, books.read().payment_by_id(work->wanted.payment.id));
            if (!found) return Error(ErrorCode::data_corruption, "the payment has gone");
            TOLLGATE_DO(books.set_action(*found, action));
            const auto decision = ledger::decide(found->status, ledger::Input::call_succeeded);
            if (decision.kind == ledger::Decision::Kind::move) {
                TOLLGATE_DO(callbacks::promote(books, *found,
                                               {.decision = decision,
                                                .next_sweep_at = found->expires_at + kExpiryGrace,
                                                .origin = work->wanted.origin,
                                                .now = now},
                                               seams_.entropy));
            }
            std::string body = payment_answer_json(*found, action, now);
            TOLLGATE_DO(store_under_key(books, work->wanted, 201, body));
            return body;
        },
        [this, work](Result<std::string> body) {
            if (!body) return call_not_recorded(work, body.error());
            seams_.log.info("payment.created", {{"request_id", work->asked.request_id},
                                                {"payment_id", work->wanted.payment.id},
                                                {"product", work->wanted.payment.product},
                                                {"amount", work->wanted.payment.amount.fen()}});
            work->answer(created(work->wanted.payment, *body));
        }));
}

void CreatePayment::call_refused(const std::shared_ptr<Work>& work, const std::string& reason) {
    const Timestamp now = seams_.clock.now();
    seams_.writer.submit(ledger::make_unit(
        [this, work, reason, now](ledger::Books& books) -> Result<ServerResponse> {
            TOLLGATE_TRY(auto found, books.read().payment_by_id(work->wanted.payment.id));
            if (!found) return Error(ErrorCode::data_corruption, "the payment has gone");
            const auto decision = ledger::decide(found->status, ledger::Input::call_refused);
            if (decision.kind != ledger::Decision::Kind::move) {
                // A notification was faster, and it is the better witness.
                return replayed(200, payment_answer_json(*found, std::nullopt, now));
            }
            TOLLGATE_DO(callbacks::promote(books, *found,
                                           {.decision = decision,
                                            .failure = reason,
                                            .origin = work->wanted.origin,
                                            .now = now},
                                           seams_.entropy));
            auto response = to_response(refusal_problem(*found, reason));
            TOLLGATE_DO(store_under_key(books, work->wanted, response.status, response.body));
            return response;
        },
        [this, work](Result<ServerResponse> response) {
            if (!response) return call_not_recorded(work, response.error());
            work->answer(*std::move(response));
        }));
}

// Alipay has answered, and the ledger could not keep it: the next try with the same number will.
void CreatePayment::call_not_recorded(const std::shared_ptr<Work>& work, const Error& error) {
    seams_.log.error("payment.create_failed", {{"request_id", work->asked.request_id},
                                               {"payment_id", work->wanted.payment.id},
                                               {"reason", error.message()}});
    work->answer(
        unclear_problem(work->wanted.payment,
                        Error(ErrorCode::outcome_unknown, "the answer could not be written down")));
}

void CreatePayment::call_unclear(const std::shared_ptr<Work>& work, const Error& error) {
    const auto problem = unclear_problem(work->wanted.payment, error);
    seams_.writer.submit(ledger::make_unit(
        [work](ledger::Books& books) -> Result<Done> {
            if (work->wanted.key) {
                TOLLGATE_DO(books.release_idempotency(work->wanted.caller, *work->wanted.key));
            }
            TOLLGATE_TRY(auto found, books.read().payment_by_id(work->wanted.payment.id));
            if (!found) return Error(ErrorCode::data_corruption, "the payment has gone");
            return books.set_calling(*found, std::nullopt);
        },
        // What could not be written runs out by itself: both are leases.
        [work, problem](const Result<Done>& /*released*/) { work->answer(problem); }));
}

}  // namespace tollgate::gateway
