#include "gateway/replacing.h"

#include "gateway/create_problems.h"
#include "gateway/idempotency.h"

namespace tollgate::gateway {
namespace {

ApiProblem wrong_replaces(std::string why) {
    return {.status = 422,
            .code = "replaces_not_possible",
            .title = "The payment that `replaces` names cannot be replaced by this one",
            .fields = {{.where = "/replaces", .what = std::move(why)}}};
}

ApiProblem may_not_close() {
    return {.status = 403,
            .code = "right_missing",
            .title = "You lack the right \"close\": `replaces` closes another payment",
            .fields = {{.where = "/replaces", .what = "needs the right \"close\""}}};
}

ApiProblem is_held(const ledger::Payment& old) {
    return {.status = 409,
            .code = "payment_held",
            .title = "A difference about the payment to be replaced is open: settle it first",
            .payment_id = old.id};
}

transport::ServerResponse answer_of(const CreateOutcome& obstacle) {
    if (obstacle.kind == CreateOutcome::Kind::stored_answer) {
        return replayed(obstacle.status, obstacle.body);
    }
    return to_response(problem_of(obstacle));
}

}  // namespace

void Replacing::run(CreatePayment::Asked asked, transport::Ticket ticket) {
    // What would refuse the new payment is asked before anything happens to the old one.
    create_.get_ready(std::move(asked), std::move(ticket), [this](const Shared& work) {
        seams_.writer.submit(
            ledger::make_unit([this, work](ledger::Books& books) { return begin(books, *work); },
                              [this, work](Result<Step> step) { begun(work, std::move(step)); }));
    });
}

Result<Replacing::Step> Replacing::begin(ledger::Books& books, const CreateWork& work) const {
    using Next = Step::Next;
    const auto refused = [](const ApiProblem& problem) {
        return Step{.next = Next::answer, .response = to_response(problem)};
    };
    const CreateRequest& request = work.asked.request;
    // A repeat of what has been made already: what it replaced is closing or closed.
    TOLLGATE_TRY(const auto made,
                 books.read().payment_by_number(request.app, request.out_trade_no));
    if (made) return Step{.next = Next::create, .response = {}};
    if (!work.asked.caller->may("close")) return refused(may_not_close());
    if (!request.order) return refused(wrong_replaces("needs `order`: it must be of the same one"));
    TOLLGATE_TRY(const auto obstacle, find_obstacle(books.read(), work.wanted));
    if (obstacle) return Step{.next = Next::answer, .response = answer_of(*obstacle)};
    TOLLGATE_TRY(const auto old, books.read().payment_by_id(*request.replaces));
    if (!old || old->app != request.app) return refused(wrong_replaces("is no payment of the app"));
    if (old->order != request.order) return refused(wrong_replaces("is of another order"));
    const StepContext context{.app = work.app,
                              .origin = work.wanted.origin,
                              .time = {.now = seams_.clock.now()},
                              .entropy = seams_.entropy,
                              .dice = random_};
    TOLLGATE_TRY(const auto ending, begin_ending(books, old->id, Ending::close, context));
    switch (ending.kind) {
        case BegunEnding::Kind::begun: return Step{.next = Next::close_first, .response = {}};
        case BegunEnding::Kind::over: return Step{.next = Next::create, .response = {}};
        case BegunEnding::Kind::paid: return refused(order_paid_problem(ending.payment));
        case BegunEnding::Kind::held: break;
    }
    return refused(is_held(*old));
}

void Replacing::begun(const Shared& work, Result<Step> step) {
    if (!step) {
        return answer_failure(seams_, work->asked.request_id, step.error(),
                              std::move(work->ticket));
    }
    switch (step->next) {
        case Step::Next::create: return create(work);
        case Step::Next::close_first: return close_first(work);
        case Step::Next::answer: return work->answer(std::move(step->response));
    }
}

void Replacing::close_first(const Shared& work) {
    errands_.visit({.payment_id = *work->asked.request.replaces,
                    .app = work->asked.request.app,
                    .request_id = work->asked.request_id,
                    .again = true},
                   [this, work](const Result<ledger::Payment>& old, bool /*heard*/) {
                       if (!old) {
                           return answer_failure(seams_, work->asked.request_id, old.error(),
                                                 std::move(work->ticket));
                       }
                       if (old->paid_at) {
                           return work->ticket.complete(to_response(order_paid_problem(*old)));
                       }
                       create(work);
                   });
}

// From the start again: what was got ready before the old payment was closed is old by now. Making
// it takes a signature: not on the writer's thread.
void Replacing::create(const Shared& work) {
    errands_.do_later(
        [this, work] { create_.run(std::move(work->asked), std::move(work->ticket)); });
}

}  // namespace tollgate::gateway
