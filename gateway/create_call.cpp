#include "gateway/create_call.h"

#include "callbacks/promotion.h"
#include "gateway/alipay_request.h"
#include "gateway/answers.h"
#include "gateway/create_problems.h"
#include "gateway/idempotency.h"
#include "gateway/look_schedule.h"

namespace tollgate::gateway {
namespace {

using transport::ServerResponse;

bool is_till(const CreateWork& work) {
    return work.asked.request.product->product == Product::barcode;
}

// What the caller does next; empty when the answer lacks what that takes.
std::string action_of(const CreateWork& work, const AlipayAnswer& answer) {
    switch (work.asked.request.product->product) {
        case Product::qr: {
            const std::string code = answer.text("qr_code");
            return code.empty() ? "" : action_json("qr", "qr_code", code);
        }
        case Product::jsapi: {
            const std::string trade_no = answer.text("trade_no");
            return trade_no.empty() ? "" : action_json("jsapi", "trade_no", trade_no);
        }
        // Code 10000 does not prove that the money came, and 10003 says that it did not yet: both
        // times there is nothing to do but to wait for what a query or a notification says.
        case Product::barcode: return R"({"type":"wait"})";
        case Product::page:
        case Product::wap:
        case Product::app: return {};
    }
    return {};
}

std::optional<std::string> text_if_any(const AlipayAnswer& answer, const char* name) {
    std::string text = answer.text(name);
    if (text.empty()) return std::nullopt;
    return text;
}

bool shows_no_trade(const Result<AlipayAnswer>& answer) {
    return answer && answer->kind == AlipayAnswer::Kind::refused &&
           plain_code(answer->sub_code) == "TRADE_NOT_EXIST";
}

Error not_clear(const AlipayAnswer& answer) {
    return Error(ErrorCode::outcome_unknown, answer.sub_code + " " + answer.message);
}

}  // namespace

Result<Done> CreateCall::prepare(CreateWork& work, bool is_repeat) const {
    const ledger::Payment& payment = work.wanted.payment;
    const CreateRequest& request = work.asked.request;
    TOLLGATE_TRY(
        work.call,
        seams_.alipay.prepare(
            {.app = work.app,
             .method = request.product->method,
             .biz_content =
                 create_biz_content(request, *work.app, payment.seller_id, payment.expires_at),
             .notify_url = settings_.public_base_url + "/alipay/" + work.app->id + "/notify",
             .request_id = work.asked.request_id,
             .payment_id = work.wanted.payment.id,
             .is_repeat = is_repeat}));
    if (!is_repeat || work.call->method->repeat != Repeat::after_asking) return Done{};
    TOLLGATE_TRY(work.query,
                 seams_.alipay.prepare({.app = work.app,
                                        .method = "alipay.trade.query",
                                        .biz_content = {{"out_trade_no", payment.out_trade_no}},
                                        .notify_url = "",
                                        .request_id = work.asked.request_id,
                                        .payment_id = work.wanted.payment.id}));
    return Done{};
}

void CreateCall::start(Work work) {
    if (!work->query) return call(work);
    auto query = *std::exchange(work->query, std::nullopt);
    seams_.alipay.start(std::move(query), [this, work](const Result<AlipayAnswer>& answer) {
        after_query(work, answer);
    });
}

void CreateCall::call(const Work& work) {
    auto prepared = *std::exchange(work->call, std::nullopt);
    seams_.alipay.start(std::move(prepared), [this, work](const Result<AlipayAnswer>& answer) {
        after_call(work, answer);
    });
}

// The call was made before, by a request that never learned what became of it.
void CreateCall::after_query(const Work& work, const Result<AlipayAnswer>& answer) {
    if (shows_no_trade(answer)) return call(work);
    if (!answer) return unclear(work, answer.error());
    unclear(work, answer->kind == AlipayAnswer::Kind::done
                      ? Error(ErrorCode::outcome_unknown, "the trade is there and being looked at")
                      : not_clear(*answer));
}

void CreateCall::after_call(const Work& work, const Result<AlipayAnswer>& answer) {
    if (!answer) return unclear(work, answer.error());
    switch (answer->kind) {
        case AlipayAnswer::Kind::done: return succeeded(work, *answer);
        case AlipayAnswer::Kind::refused: return ask_about_refusal(work, *answer);
        case AlipayAnswer::Kind::wait:
            if (is_till(*work) && answer->code == "10003") return succeeded(work, *answer);
            return unclear(work, not_clear(*answer));
        case AlipayAnswer::Kind::unknown: return unclear(work, not_clear(*answer));
    }
}

// A refusal closes nothing by itself: an earlier try of the same call may have made a trade.
void CreateCall::ask_about_refusal(const Work& work, const AlipayAnswer& refusal) {
    const std::string reason = refusal.sub_code + " " + refusal.message;
    seams_.alipay.call({.app = work->app,
                        .method = "alipay.trade.query",
                        .biz_content = {{"out_trade_no", work->wanted.payment.out_trade_no}},
                        .notify_url = "",
                        .request_id = work->asked.request_id,
                        .payment_id = work->wanted.payment.id},
                       [this, work, reason](const Result<AlipayAnswer>& answer) {
                           if (shows_no_trade(answer)) return refused(work, reason);
                           unclear(work, Error(ErrorCode::outcome_unknown, reason));
                       });
}

void CreateCall::succeeded(const Work& work, const AlipayAnswer& answer) {
    const std::string action = action_of(*work, answer);
    if (answer.text("out_trade_no") != work->wanted.payment.out_trade_no || action.empty()) {
        return unclear(work, Error(ErrorCode::outcome_unknown,
                                   "the answer does not hold what the buyer needs"));
    }
    const auto trade_no = text_if_any(answer, "trade_no");
    const Timestamp now = seams_.clock.now();
    seams_.writer.submit(ledger::make_unit(
        [this, work, action, trade_no, now](ledger::Books& books) -> Result<std::string> {
            TOLLGATE_TRY(auto found, books.read().payment_by_id(work->wanted.payment.id));
            if (!found) return Error(ErrorCode::data_corruption, "the payment has gone");
            TOLLGATE_DO(books.set_action(*found, action));
            const auto decision = ledger::decide(found->status, ledger::Input::call_succeeded);
            if (decision.kind == ledger::Decision::Kind::move) {
                const auto look = next_look(*found, now, seams_.random);
                TOLLGATE_DO(callbacks::promote(books, *found,
                                               {.decision = decision,
                                                .trade_no = trade_no,
                                                .next_sweep_at = look,
                                                .origin = work->wanted.origin,
                                                .now = now},
                                               seams_.entropy));
            }
            std::string body = payment_answer_json(*found, action, now);
            TOLLGATE_DO(store_under_key(books, work->wanted, 201, body));
            return body;
        },
        [this, work](Result<std::string> body) {
            if (!body) return not_recorded(work, body.error());
            seams_.log.info("payment.created", {{"request_id", work->asked.request_id},
                                                {"payment_id", work->wanted.payment.id},
                                                {"product", work->wanted.payment.product},
                                                {"amount", work->wanted.payment.amount.fen()}});
            work->answer(created_response(work->wanted.payment, *body));
        }));
}

void CreateCall::refused(const Work& work, const std::string& reason) {
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
            if (!response) return not_recorded(work, response.error());
            work->answer(*std::move(response));
        }));
}

// Alipay has answered, and the ledger could not keep it: the next try with the same number will.
void CreateCall::not_recorded(const Work& work, const Error& error) {
    seams_.log.error("payment.create_failed", {{"request_id", work->asked.request_id},
                                               {"payment_id", work->wanted.payment.id},
                                               {"reason", error.message()}});
    work->answer(
        unclear_problem(work->wanted.payment,
                        Error(ErrorCode::outcome_unknown, "the answer could not be written down")));
}

void CreateCall::unclear(const Work& work, const Error& error) {
    const auto problem = unclear_problem(work->wanted.payment, error);
    const bool may_have_paid = is_till(*work) && error.code() != ErrorCode::unavailable;
    const Timestamp look = seams_.clock.now() + kTillLook;
    seams_.writer.submit(ledger::make_unit(
        [work, may_have_paid, look](ledger::Books& books) -> Result<Done> {
            if (work->wanted.key) {
                TOLLGATE_DO(books.release_idempotency(work->wanted.caller, *work->wanted.key));
            }
            TOLLGATE_TRY(auto found, books.read().payment_by_id(work->wanted.payment.id));
            if (!found) return Error(ErrorCode::data_corruption, "the payment has gone");
            if (may_have_paid && !ledger::is_final(found->status)) {
                TOLLGATE_DO(books.set_next_sweep(*found, look));
            }
            return books.set_calling(*found, std::nullopt);
        },
        // What could not be written runs out by itself: both are leases.
        [work, problem](const Result<Done>& /*released*/) { work->answer(problem); }));
}

}  // namespace tollgate::gateway
