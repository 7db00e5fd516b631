#include "gateway/replacing.h"

#include "gateway/create_problems.h"

namespace tollgate::gateway {
namespace {

ApiProblem wrong_replaces(std::string why) {
    return {.status = 422,
            .code = "replaces_not_possible",
            .title = "The payment that `replaces` names cannot be replaced by this one",
            .fields = {{.where = "/replaces", .what = std::move(why)}}};
}

}  // namespace

struct Replacing::Work {
    CreatePayment::Asked asked;
    transport::Ticket ticket;
    ApiProblem problem;  // Of Next::answered.
};

void Replacing::run(CreatePayment::Asked asked, transport::Ticket ticket) {
    auto work = std::make_shared<Work>();
    work->asked = std::move(asked);
    work->ticket = std::move(ticket);
    seams_.writer.submit(
        ledger::make_unit([this, work](ledger::Books& books) { return begin(books, *work); },
                          [this, work](const Result<Next>& next) {
                              if (!next) {
                                  return answer_failure(seams_, work->asked.request_id,
                                                        next.error(), std::move(work->ticket));
                              }
                              switch (*next) {
                                  case Next::create: return create(work);
                                  case Next::close_first: return close_first(work);
                                  case Next::answered:
                                      return work->ticket.complete(to_response(work->problem));
                              }
                          }));
}

Result<Replacing::Next> Replacing::begin(ledger::Books& books, Work& work) const {
    const CreateRequest& request = work.asked.request;
    const callbacks::AppRef app =
        work.asked.caller->may_see(request.app) ? apps_.find(request.app) : nullptr;
    if (app == nullptr) return Next::create;  // Which says so.
    // A repeat of what has been made already: what it replaced is closing or closed.
    TOLLGATE_TRY(const auto made,
                 books.read().payment_by_number(request.app, request.out_trade_no));
    if (made) return Next::create;
    TOLLGATE_TRY(const auto old, books.read().payment_by_id(*request.replaces));
    const auto answered = [&](ApiProblem problem) {
        work.problem = std::move(problem);
        return Next::answered;
    };
    if (!old || old->app != request.app)
        return answered(wrong_replaces("is no payment of the app"));
    if (old->order != request.order) return answered(wrong_replaces("is of another order"));
    const StepContext context{.app = app,
                              .origin = {.cause = ledger::Cause::api,
                                         .cause_id = work.asked.caller->id,
                                         .request_id = work.asked.request_id},
                              .time = {.now = seams_.clock.now()},
                              .entropy = seams_.entropy,
                              .dice = random_};
    TOLLGATE_TRY(const auto begun, begin_ending(books, old->id, Ending::close, context));
    switch (begun.kind) {
        case BegunEnding::Kind::begun: return Next::close_first;
        case BegunEnding::Kind::over: return Next::create;
        case BegunEnding::Kind::paid: return answered(order_paid_problem(begun.payment));
        case BegunEnding::Kind::held: break;
    }
    return answered(
        {.status = 409,
         .code = "payment_held",
         .title = "A difference about the payment to be replaced is open: settle it first",
         .payment_id = old->id});
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

// Making it takes a signature: not on the writer's thread.
void Replacing::create(const Shared& work) {
    errands_.do_later(
        [this, work] { create_.run(std::move(work->asked), std::move(work->ticket)); });
}

}  // namespace tollgate::gateway
