#include "gateway/preauth_api.h"

#include "base/id.h"
#include "gateway/alipay_request.h"
#include "gateway/answers.h"
#include "gateway/history_json.h"
#include "gateway/preauth_answers.h"
#include "gateway/preauth_calls.h"
#include "gateway/preauth_replies.h"

namespace tollgate::gateway {
namespace {

using ledger::Preauthorisation;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

}  // namespace

struct PreauthApi::Work {
    enum class Kind { attempt, confirm, cancel };

    Kind kind = Kind::attempt;
    callbacks::AppRef app;
    std::string caller;
    std::string request_id;
    Timestamp now;
    PreauthWish wish;
    Preauthorisation wanted;                     // Of a try …
    std::optional<AlipayClient::Prepared> call;  // … too.
    Ticket ticket;
};

void PreauthApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](ServerRequest& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    const std::string one = "/v1/preauthorisations/{app}/{out_auth_no}";
    router.add("POST", "/v1/preauthorisations", bound(&PreauthApi::try_it));
    router.add("POST", one + "/confirm", bound(&PreauthApi::confirm));
    router.add("POST", one + "/cancel", bound(&PreauthApi::cancel));
    router.add("GET", one, bound(&PreauthApi::get_one));
    router.add("GET", one + "/history", bound(&PreauthApi::history));
}

StepContext PreauthApi::context(const Work& work) const {
    return {.app = work.app,
            .origin = {.cause = ledger::Cause::api,
                       .cause_id = work.caller,
                       .request_id = work.request_id},
            .time = {.now = work.now, .trusted = true},
            .entropy = seams_.entropy,
            .dice = dice_};
}

// Nothing, and the ticket is answered, when the caller may not see the app.
PreauthApi::Shared PreauthApi::begin(const ServerRequest& request, const Caller& caller,
                                     const std::string& app, Ticket& ticket) {
    auto work = std::make_shared<Work>();
    work->app = caller.may_see(app) ? apps_.find(app) : nullptr;
    if (work->app == nullptr) {
        ticket.complete(to_response(no_such_preauth()));
        return nullptr;
    }
    work->caller = caller.id;
    work->request_id = request.request_id;
    work->now = seams_.clock.now();
    work->ticket = std::move(ticket);
    return work;
}

Result<Done> PreauthApi::prepare_freeze(const PreauthRequest& request, Work& work) {
    const auto& app = work.app;
    const auto biz = freeze_biz_content(request, app->seller_ids.front());
    const std::string notify_url = settings_.public_base_url + "/alipay/" + app->id + "/notify";
    if (request.product == "app") {
        TOLLGATE_TRY(const auto fields, sign_carried({.app = app.get(),
                                                      .method = "alipay.fund.auth.order.app.freeze",
                                                      .biz_content = biz,
                                                      .notify_url = notify_url,
                                                      .return_url = "",
                                                      .now = work.now},
                                                     seams_.entropy));
        work.wanted.action = action_json("sdk", "order_string", order_string(fields));
        return Done{};
    }
    TOLLGATE_TRY(work.call, alipay_.prepare({.app = app,
                                             .method = request.product == "qr"
                                                           ? "alipay.fund.auth.order.voucher.create"
                                                           : "alipay.fund.auth.order.freeze",
                                             .biz_content = biz,
                                             .notify_url = notify_url,
                                             .request_id = work.request_id,
                                             .payment_id = work.wanted.id}));
    return Done{};
}

// Coordinators add parameters of their own to every address, so any are taken.
void PreauthApi::try_it(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "create", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    const PreauthRequest wanted = read_preauth_request(request.body, problems);
    if (refused(problems, ticket)) return;
    const Shared work = begin(request, *caller, wanted.app, ticket);
    if (work == nullptr) return;
    work->wanted.id = make_id("pre", work->now, seams_.entropy);
    work->wanted.app = wanted.app;
    work->wanted.out_auth_no = wanted.out_auth_no;
    work->wanted.seller_id = work->app->seller_ids.front();
    work->wanted.product = wanted.product;
    work->wanted.amount = wanted.amount;
    work->wanted.subject = wanted.subject;
    work->wanted.fingerprint = wanted.fingerprint;
    work->wanted.created_at = work->now;
    work->wanted.expires_at = work->now + std::chrono::minutes(wanted.expires_in);
    if (const auto prepared = prepare_freeze(wanted, *work); !prepared) {
        if (prepared.error().reason() != "call_not_valid") {
            return answer_failure(seams_, work->request_id, prepared.error(),
                                  std::move(work->ticket));
        }
        return work->ticket.complete(
            to_response(invalid_request({{.where = "", .what = prepared.error().message()}})));
    }
    const auto asks = must_ask_first(*work);
    if (!asks) {
        return answer_failure(seams_, work->request_id, asks.error(), std::move(work->ticket));
    }
    return *asks ? ask_first(work) : submit_try(work);
}

// A guarded ledger may have forgotten one of this number: Alipay has not.
Result<bool> PreauthApi::must_ask_first(const Work& work) {
    if (settings_.guard == nullptr || !settings_.guard->is_on()) return false;
    TOLLGATE_TRY(const auto reading, seams_.store.read());
    TOLLGATE_TRY(const auto known,
                 reading->preauths().one(work.wanted.app, work.wanted.out_auth_no));
    return !known;
}

void PreauthApi::ask_first(const Shared& work) {
    constexpr auto kCall = PreauthCall::freeze_query;
    alipay_.call(
        preauth_call({.preauth = work->wanted, .app = work->app, .call = kCall}, work->request_id),
        [this, work](const Result<AlipayAnswer>& answer) {
            using Kind = PreauthFinding::Kind;
            const Kind kind = read_preauth_answer(kCall, answer).kind;
            if (kind == Kind::none) return submit_try(work);
            const bool is_known =
                kind == Kind::frozen || kind == Kind::waiting || kind == Kind::ended;
            work->ticket.complete(
                to_response(is_known ? number_known_problem() : guarded_problem()));
        });
}

void PreauthApi::submit_try(const Shared& work) {
    seams_.writer.submit(ledger::make_unit(
        [this, work](ledger::Books& books) {
            return begin_try(books, work->wanted, work->call.has_value(), context(*work),
                             work->now + settings_.call_lease);
        },
        [this, work](Result<PreauthOutcome> outcome) { freeze(work, std::move(outcome)); }));
}

void PreauthApi::freeze(const Shared& work, Result<PreauthOutcome> outcome) {
    if (!outcome || outcome->kind != PreauthOutcome::Kind::begun) {
        return carry_out(work, std::move(outcome));
    }
    // A repeat's refusal proves nothing about the call before it.
    const bool is_first = outcome->preauth.id == work->wanted.id;
    errands_.start_freeze({.preauth = std::move(outcome->preauth),
                           .app = work->app,
                           .call = is_first ? PreauthCall::freeze : PreauthCall::freeze_again},
                          *std::exchange(work->call, std::nullopt),
                          [this, work](const auto& preauth) { answer(work, preauth); });
}

void PreauthApi::confirm(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "create", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    std::int64_t fen = 0;
    read_body(request.body, problems, [&](config::Section& section) {
        section.may_have_integer("amount", fen, 1, 10'000'000'000);
        // A coordinator sends the try's body to all three; the address says which one it is.
        std::string ignored;
        std::int64_t ignored_number = 0;
        for (const char* const member : {"app", "out_auth_no", "product", "subject", "auth_code"}) {
            section.may_have_text(member, ignored);
        }
        section.may_have_integer("expires_in", ignored_number, 60, 86'400);
    });
    if (refused(problems, ticket)) return;
    const Shared work = begin(request, *caller, request.captures.at(0), ticket);
    if (work == nullptr) return;
    work->kind = Work::Kind::confirm;
    work->wish = {.app = work->app->id, .out_auth_no = request.captures.at(1), .amount = {}};
    if (fen > 0) work->wish.amount = Money::from_fen(fen);
    submit_confirm(work);
}

void PreauthApi::submit_confirm(const Shared& work) {
    seams_.writer.submit(ledger::make_unit(
        [this, work](ledger::Books& books) {
            return begin_confirm(books, work->wish, context(*work));
        },
        [this, work](Result<PreauthOutcome> outcome) { carry_out(work, std::move(outcome)); }));
}

void PreauthApi::cancel(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "close", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    if (!is_auth_number(request.captures.at(1))) {
        problems.push_back({.where = "", .what = "out_auth_no: 1 to 62 letters, digits and '_'"});
    }
    if (refused(problems, ticket)) return;
    const Shared work = begin(request, *caller, request.captures.at(0), ticket);
    if (work == nullptr) return;
    work->kind = Work::Kind::cancel;
    work->wish = {.app = work->app->id, .out_auth_no = request.captures.at(1), .amount = {}};
    seams_.writer.submit(ledger::make_unit(
        [this, work](ledger::Books& books) {
            return begin_cancel(books, work->wish, context(*work));
        },
        [this, work](Result<PreauthOutcome> outcome) { carry_out(work, std::move(outcome)); }));
}

void PreauthApi::carry_out(const Shared& work, Result<PreauthOutcome> outcome) {
    if (!outcome) return answer(work, outcome.error());
    switch (outcome->kind) {
        case PreauthOutcome::Kind::problem:
            return work->ticket.complete(to_response(outcome->problem));
        case PreauthOutcome::Kind::due:
            return errands_.hurry(outcome->preauth.row,
                                  [this, work](const auto& preauth) { answer(work, preauth); });
        case PreauthOutcome::Kind::begun:
        case PreauthOutcome::Kind::as_it_is: break;
    }
    answer(work, outcome->preauth);
}

void PreauthApi::answer(const Shared& work, const Result<Preauthorisation>& preauth) {
    if (!preauth) {
        return answer_failure(seams_, work->request_id, preauth.error(), std::move(work->ticket));
    }
    switch (work->kind) {
        case Work::Kind::attempt: return work->ticket.complete(reply_to_try(*preauth));
        case Work::Kind::cancel: return work->ticket.complete(reply_to_cancel(*preauth));
        case Work::Kind::confirm: break;
    }
    // It has been asked about now: it is frozen, or it is not.
    const bool was_look = !preauth->capture && !work->wish.has_looked;
    if (!was_look) return work->ticket.complete(reply_to_confirm(*preauth));
    work->wish.has_looked = true;
    submit_confirm(work);
}

// Answers with what `show` makes of the one that the address names.
template <typename Show>
void PreauthApi::answer_with_one(const ServerRequest& request, Ticket ticket, Show show) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           const std::string& app = request.captures.at(0);
                           if (!caller->may_see(app)) return to_response(no_such_preauth());
                           TOLLGATE_TRY(const auto preauth,
                                        reading.preauths().one(app, request.captures.at(1)));
                           if (!preauth) return to_response(no_such_preauth());
                           return show(reading, *preauth);
                       });
}

void PreauthApi::get_one(const ServerRequest& request, Ticket ticket) {
    answer_with_one(
        request, std::move(ticket),
        [](ledger::Reading& reading, const Preauthorisation& preauth) -> Result<ServerResponse> {
            std::string json = with_action(preauth);
            if (!preauth.payment) return json_response(200, json);
            TOLLGATE_TRY(const auto payment, reading.payment_by_row(*preauth.payment));
            json.pop_back();
            if (payment) json += R"(,"payment":)" + to_json(*payment);
            return json_response(200, json + "}");
        });
}

void PreauthApi::history(const ServerRequest& request, Ticket ticket) {
    answer_with_one(
        request, std::move(ticket),
        [](ledger::Reading& reading, const Preauthorisation& preauth) -> Result<ServerResponse> {
            TOLLGATE_TRY(const auto history, reading.preauths().history_of(preauth));
            return json_response(200, R"({"transitions":)" + transitions_json(history) + "}");
        });
}

}  // namespace tollgate::gateway
