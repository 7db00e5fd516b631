#include "gateway/create_payment.h"

#include <algorithm>

#include "base/id.h"
#include "gateway/alipay_request.h"
#include "gateway/answers.h"
#include "gateway/create_problems.h"
#include "gateway/idempotency.h"
#include "gateway/look_schedule.h"
#include "gateway/trade_answers.h"
#include "signing/digest.h"

namespace tollgate::gateway {
namespace {

using Kind = CreateOutcome::Kind;
using transport::ServerResponse;
using transport::Ticket;

}  // namespace

ServerResponse created_response(const ledger::Payment& payment, const std::string& body) {
    auto response = json_response(201, body);
    response.headers.emplace_back("Location", "/v1/payments/" + payment.id);
    return response;
}

void CreatePayment::run(Asked asked, Ticket ticket) {
    get_ready(std::move(asked), std::move(ticket),
              [this](std::shared_ptr<CreateWork> work) { submit(std::move(work)); });
}

void CreatePayment::get_ready(Asked asked, Ticket ticket, const Then& then) {
    auto work = std::make_shared<CreateWork>();
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
        failed(*work, ready.error());
        // Alipay's own limits, where they are narrower than those of our fields.
        if (ready.error().reason() == "call_not_valid") {
            return work->answer({.status = 400,
                                 .code = "invalid_request",
                                 .title = "The request is not valid: " + ready.error().message()});
        }
        return work->answer(storage_problem(ready.error()));
    }
    if (!work->ticket.open()) return;
    const bool is_new = work->wanted.payment.row == 0;
    if (is_new && seams_.guard != nullptr && seams_.guard->is_on()) return ask_first(work, then);
    then(std::move(work));
}

// Everything that can be done before the transaction. Answers by itself when the payment is already
// there and durable, so that a repeat costs no signature and no commit.
Result<Done> CreatePayment::prepare(CreateWork& work) const {
    const CreateRequest& request = work.asked.request;
    const Timestamp now = seams_.clock.now();
    NewPayment& wanted = work.wanted;
    wanted.caller = work.asked.caller->id;
    wanted.key = work.asked.key;
    if (work.asked.token) wanted.token = signing::sha256_hex(*work.asked.token);
    wanted.replaces = request.replaces;
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
        if (!wanted.key && !wanted.token) {
            TOLLGATE_TRY(const auto met, meet_existing(*reading, *existing, wanted));
            if (met.kind == Kind::replayed) work.answer(replayed(200, met.body));
            if (met.kind == Kind::number_differs) work.answer(problem_of(met));
            if (!work.ticket.open()) return Done{};
        }
        return wanted.needs_call ? call_.prepare(work, true) : Result<Done>(Done{});
    }
    return prepare_new(work, now);
}

Result<Done> CreatePayment::prepare_new(CreateWork& work, Timestamp now) const {
    const CreateRequest& request = work.asked.request;
    NewPayment& wanted = work.wanted;
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
        payment.next_sweep_at = next_look(payment, now, seams_.random);
        return call_.prepare(work, false);
    }
    payment.status = ledger::PaymentStatus::pending;
    payment.next_sweep_at = next_look(payment, now, seams_.random);
    return prepare_action(work);
}

Result<Done> CreatePayment::prepare_action(CreateWork& work) const {
    const CreateRequest& request = work.asked.request;
    const ledger::Payment& payment = work.wanted.payment;
    const std::string door = settings_.public_base_url + "/alipay/" + work.app->id;
    const auto biz = create_biz_content(request, *work.app, payment.seller_id, payment.expires_at);
    const bool in_browser = request.product->way == Way::browser;
    TOLLGATE_TRY(const auto fields, sign_carried({.app = work.app.get(),
                                                  .method = request.product->method,
                                                  .biz_content = biz,
                                                  .notify_url = door + "/notify",
                                                  .return_url = in_browser ? door + "/return" : "",
                                                  .now = work.wanted.now},
                                                 seams_.entropy));
    if (!in_browser) {
        work.wanted.request.action = action_json("sdk", "order_string", order_string(fields));
    } else if (request.as_form) {
        work.wanted.request.action = action_json("form", "html", page_form(*work.app, fields));
    } else {
        work.wanted.request.action = action_json("redirect", "url", page_url(*work.app, fields));
    }
    return Done{};
}

void CreatePayment::call_again(const ledger::Payment& payment, const ledger::Origin& origin,
                               std::function<void()> done) {
    auto work = std::make_shared<CreateWork>();
    work->done = std::move(done);
    work->app = apps_.find(payment.app);
    work->wanted.payment = payment;
    work->wanted.origin = origin;
    work->wanted.origin.cause = ledger::Cause::timer;
    work->wanted.needs_call = true;
    work->asked.request_id = origin.request_id;
    const auto prepared = [&]() -> Result<Done> {
        TOLLGATE_TRY(const auto reading, seams_.store.read());
        TOLLGATE_TRY(const auto asked, reading->request_of(payment));
        // The fingerprint holds every field that the call is made of, as the caller gave it.
        auto read = read_create_request(asked.fingerprint);
        if (!std::holds_alternative<CreateRequest>(read) || work->app == nullptr) {
            return Error(ErrorCode::data_corruption, "the request cannot be made again");
        }
        work->asked.request = std::move(std::get<CreateRequest>(read));
        return call_.prepare(*work, true);
    }();
    if (prepared) return call_.start(std::move(work));
    failed(*work, prepared.error());
    work->done();
}

// The ledger has forgotten what it did after its backup: Alipay has not.
void CreatePayment::ask_first(const std::shared_ptr<CreateWork>& work, const Then& then) {
    seams_.alipay.call({.app = work->app,
                        .method = "alipay.trade.query",
                        .biz_content = {{"out_trade_no", work->wanted.payment.out_trade_no}},
                        .notify_url = "",
                        .request_id = work->asked.request_id},
                       [work, then](const Result<AlipayAnswer>& answer) {
                           const QueryFinding finding = read_query(answer);
                           if (finding.kind == QueryFinding::Kind::no_trade) return then(work);
                           work->answer(finding.kind == QueryFinding::Kind::trade
                                            ? number_known_problem()
                                            : guarded_problem());
                       });
}

void CreatePayment::submit(std::shared_ptr<CreateWork> work) {
    seams_.writer.submit(ledger::make_unit(
        [work](ledger::Books& books) { return create_in_books(books, work->wanted); },
        [this, work](Result<CreateOutcome> outcome) { after_unit(work, std::move(outcome)); },
        [work](ledger::Foresight& keys) {
            const auto& payment = work->wanted.payment;
            keys.payments.emplace_back(payment.app, payment.out_trade_no);
            keys.preauthorisations.emplace_back(payment.app, payment.out_trade_no);
        }));
}

void CreatePayment::after_unit(const std::shared_ptr<CreateWork>& work,
                               Result<CreateOutcome> outcome) {
    if (!outcome) {
        failed(*work, outcome.error());
        return work->answer(storage_problem(outcome.error()));
    }
    note_payment(work->asked.request_id, *outcome);
    switch (outcome->kind) {
        case Kind::created:
            seams_.log.info("payment.created", {{"request_id", work->asked.request_id},
                                                {"payment_id", outcome->payment.id},
                                                {"product", outcome->payment.product},
                                                {"amount", outcome->payment.amount.fen()}});
            return work->answer(created_response(outcome->payment, outcome->body));
        case Kind::replayed: return work->answer(replayed(200, outcome->body));
        case Kind::stored_answer: return work->answer(replayed(outcome->status, outcome->body));
        case Kind::call:
            work->wanted.payment = std::move(outcome->payment);
            return call_.start(work);
        case Kind::key_differs:
        case Kind::number_differs:
        case Kind::number_taken:
        case Kind::order_paid:
        case Kind::token_used:
        case Kind::token_invalid:
        case Kind::busy: return work->answer(problem_of(*outcome));
    }
}

void CreatePayment::note_payment(const std::string& request_id,
                                 const CreateOutcome& outcome) const {
    const bool is_its_own = outcome.kind == Kind::created || outcome.kind == Kind::call ||
                            outcome.kind == Kind::replayed;
    if (seams_.tracer == nullptr || !is_its_own) return;
    seams_.tracer->note_payment(request_id, outcome.payment.id);
}

void CreatePayment::failed(const CreateWork& work, const Error& error) {
    seams_.log.error("payment.create_failed",
                     {{"request_id", work.asked.request_id}, {"reason", error.message()}});
}

}  // namespace tollgate::gateway
