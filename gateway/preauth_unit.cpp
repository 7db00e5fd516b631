#include "gateway/preauth_unit.h"

#include "base/id.h"
#include "base/json_object.h"
#include "base/utf8.h"
#include "callbacks/event.h"
#include "callbacks/preauth_move.h"
#include "gateway/api_request.h"

namespace tollgate::gateway {
namespace {

using OutcomeKind = PreauthOutcome::Kind;
using ledger::Preauthorisation;
using ledger::PreauthStatus;

constexpr std::int64_t kPreauthFenMax = 10'000'000'000;
constexpr std::int64_t kExpiresIn = 900;
constexpr std::int64_t kExpiresInMax = 86'400;
constexpr std::size_t kSubjectCharactersMax = 100;
// The unfreeze's own number is two characters longer, and Alipay takes 64.
constexpr std::size_t kNumberMax = 62;

PreauthOutcome refuse_wish(ApiProblem problem) {
    return {.kind = OutcomeKind::problem, .preauth = {}, .problem = std::move(problem)};
}

PreauthOutcome as_it_is(Preauthorisation preauth) {
    return {.kind = OutcomeKind::as_it_is, .preauth = std::move(preauth), .problem = {}};
}

ApiProblem is_cancelled(const Preauthorisation& preauth) {
    return preauth_problem("preauthorisation_cancelled",
                           "It was cancelled: it can neither be tried again nor confirmed",
                           preauth);
}

ApiProblem number_taken(const PreauthWish& wish) {
    return {.status = 409,
            .code = "out_auth_no_taken",
            .title = "The number " + wish.out_auth_no +
                     " belongs to a payment, or to another app of the same seller: a "
                     "pre-authorisation is paid under its own number"};
}

// Due at once, whoever holds the lease now: he sees to it next.
Result<PreauthOutcome> make_due(ledger::Books& books, Preauthorisation preauth,
                                Preauthorisation next, const StepContext& context) {
    next.next_sweep_at = context.time.now;
    next.attempts = 0;
    TOLLGATE_DO(callbacks::move_preauth(books, preauth, std::move(next), context.origin,
                                        context.time.now, context.entropy));
    return PreauthOutcome{.kind = OutcomeKind::due, .preauth = std::move(preauth), .problem = {}};
}

Result<PreauthOutcome> begin_another_try(ledger::Books& books, Preauthorisation known,
                                         const Preauthorisation& wanted, bool needs_call,
                                         const StepContext& context, Timestamp lease_until) {
    if (ledger::is_empty_cancel(known)) {
        return refuse_wish(
            preauth_problem("cancelled_before_try",
                            "Its cancel came before its try: nothing was frozen, and "
                            "nothing will be",
                            known));
    }
    if (known.fingerprint != wanted.fingerprint) {
        return refuse_wish(preauth_problem(
            "out_auth_no_reused", "This out_auth_no belongs to another request", known, 422));
    }
    if (known.status == PreauthStatus::cancelling || known.status == PreauthStatus::cancelled) {
        return refuse_wish(is_cancelled(known));
    }
    const bool is_leased = known.calling_until && *known.calling_until > context.time.now;
    // The code got lost on its way: the same call under the same numbers gives it again. A payment
    // code is good for one call, so a barcode's outcome is asked for.
    const bool once_more = known.status == PreauthStatus::trying && needs_call && !known.action &&
                           !is_leased && known.product == "qr";
    if (!once_more) return as_it_is(std::move(known));
    Preauthorisation next = known;
    next.calling_until = lease_until;
    next.next_sweep_at = context.time.now;
    TOLLGATE_DO(callbacks::move_preauth(books, known, std::move(next), context.origin,
                                        context.time.now, context.entropy));
    return PreauthOutcome{.kind = OutcomeKind::begun, .preauth = std::move(known), .problem = {}};
}

}  // namespace

std::string_view preauth_product_code(std::string_view product) {
    return product == "app" ? "PRE_AUTH_ONLINE" : "PRE_AUTH";
}

bool is_auth_number(std::string_view text) {
    return !text.empty() && text.size() <= kNumberMax &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
               std::string_view::npos;
}

PreauthRequest read_preauth_request(std::string_view body, std::vector<config::Problem>& problems) {
    PreauthRequest request;
    std::int64_t fen = 0;
    std::int64_t expires_in = kExpiresIn;
    read_body(body, problems, [&](config::Section& section) {
        section.need_text("app", request.app);
        section.need_text("out_auth_no", request.out_auth_no);
        if (!request.out_auth_no.empty() && !is_auth_number(request.out_auth_no)) {
            section.problem_at("out_auth_no", "1 to 62 letters, digits and '_' are needed");
        }
        section.need_choice("product", request.product, {"qr", "barcode", "app"});
        section.need_integer("amount", fen, 1, kPreauthFenMax);
        section.need_text("subject", request.subject);
        if (utf8_characters(request.subject) > kSubjectCharactersMax ||
            request.subject.find_first_of("/=&") != std::string::npos) {
            section.problem_at("subject",
                               "up to 100 characters without '/', '=' and '&' are "
                               "allowed");
        }
        section.may_have_integer("expires_in", expires_in, 60, kExpiresInMax);
        section.may_have_text("auth_code", request.auth_code);
        if (request.product == "barcode" && request.auth_code.empty()) {
            section.problem_at("auth_code", "is needed for a barcode");
        }
        if (request.product != "barcode" && !request.auth_code.empty()) {
            section.problem_at("auth_code", "is for a barcode only");
        }
    });
    request.amount = Money::from_fen(fen);
    request.expires_in = (expires_in + 59) / 60;
    JsonObject fingerprint;
    fingerprint.text("does", "preauthorise")
        .text("app", request.app)
        .text("out_auth_no", request.out_auth_no)
        .text("product", request.product)
        .number("amount", fen)
        .text("subject", request.subject);
    request.fingerprint = std::move(fingerprint).end();
    return request;
}

nlohmann::json freeze_biz_content(const PreauthRequest& request, std::string_view seller_id) {
    nlohmann::json biz{{"out_order_no", request.out_auth_no},
                       {"out_request_no", request.out_auth_no},
                       {"order_title", request.subject},
                       {"amount", request.amount.to_yuan()},
                       {"product_code", preauth_product_code(request.product)},
                       {"payee_user_id", seller_id},
                       {"pay_timeout", std::to_string(request.expires_in) + "m"}};
    if (request.product == "barcode") {
        biz["auth_code"] = request.auth_code;
        biz["auth_code_type"] = "bar_code";
    }
    return biz;
}

Result<PreauthOutcome> begin_try(ledger::Books& books, const Preauthorisation& wanted,
                                 bool needs_call, const StepContext& context,
                                 Timestamp lease_until) {
    TOLLGATE_TRY(auto known, books.read().preauths().one(wanted.app, wanted.out_auth_no));
    if (known) {
        return begin_another_try(books, *std::move(known), wanted, needs_call, context,
                                 lease_until);
    }
    TOLLGATE_TRY(const auto taken, books.read().payment_by_number(wanted.app, wanted.out_auth_no));
    const PreauthWish wish{.app = wanted.app, .out_auth_no = wanted.out_auth_no, .amount = {}};
    if (taken) return refuse_wish(number_taken(wish));
    Preauthorisation preauth = wanted;
    preauth.next_sweep_at = context.time.now;
    if (needs_call) preauth.calling_until = lease_until;
    const auto added = books.preauths().add(preauth, context.origin);
    if (!added && added.error().code() == ErrorCode::conflict)
        return refuse_wish(number_taken(wish));
    TOLLGATE_DO(added);
    return PreauthOutcome{.kind = needs_call ? OutcomeKind::begun : OutcomeKind::as_it_is,
                          .preauth = std::move(preauth),
                          .problem = {}};
}

Result<PreauthOutcome> begin_confirm(ledger::Books& books, const PreauthWish& wish,
                                     const StepContext& context) {
    TOLLGATE_TRY(auto known, books.read().preauths().one(wish.app, wish.out_auth_no));
    if (!known) return refuse_wish(no_such_preauth());
    Preauthorisation& preauth = *known;
    const Money amount = wish.amount.value_or(preauth.capture.value_or(preauth.amount));
    switch (preauth.status) {
        case PreauthStatus::cancelling:
        case PreauthStatus::cancelled: return refuse_wish(is_cancelled(preauth));
        case PreauthStatus::failed:
            return refuse_wish(preauth_problem("preauthorisation_failed",
                                               "Nothing is frozen that could be taken", preauth));
        case PreauthStatus::trying:
        case PreauthStatus::frozen:
        case PreauthStatus::confirming:
        case PreauthStatus::confirmed: break;
    }
    if (amount > preauth.amount) {
        return refuse_wish(
            preauth_problem("confirm_exceeds", "More than what is frozen", preauth, 422));
    }
    if (preauth.capture && *preauth.capture != amount) {
        return refuse_wish(preauth_problem(
            "amount_differs", "An earlier confirm of it has another amount", preauth, 422));
    }
    if (preauth.status == PreauthStatus::confirmed) return as_it_is(std::move(preauth));
    if (preauth.status == PreauthStatus::trying && wish.has_looked) {
        return refuse_wish(
            not_yet("not_frozen", "The buyer's money is not frozen yet: try again later, or cancel",
                    preauth));
    }
    Preauthorisation next = preauth;
    if (preauth.status == PreauthStatus::frozen) {
        TOLLGATE_TRY(const auto taken, books.read().payment_by_number(wish.app, wish.out_auth_no));
        if (taken) return refuse_wish(number_taken(wish));
        next.status = PreauthStatus::confirming;
        next.capture = amount;
        next.failure = std::nullopt;
    }
    return make_due(books, std::move(preauth), std::move(next), context);
}

Result<PreauthOutcome> begin_cancel(ledger::Books& books, const PreauthWish& wish,
                                    const StepContext& context) {
    TOLLGATE_TRY(auto known, books.read().preauths().one(wish.app, wish.out_auth_no));
    if (!known) {
        Preauthorisation empty;
        empty.id = make_id("pre", context.time.now, context.entropy);
        empty.app = wish.app;
        empty.out_auth_no = wish.out_auth_no;
        empty.seller_id = context.app->seller_ids.front();
        empty.status = PreauthStatus::cancelled;
        empty.created_at = context.time.now;
        empty.expires_at = context.time.now;
        const auto added = books.preauths().add(empty, context.origin);
        if (!added && added.error().code() == ErrorCode::conflict) {
            return refuse_wish(number_taken(wish));
        }
        TOLLGATE_DO(added);
        const auto type = callbacks::event_type_of(empty.status);
        TOLLGATE_DO(books.add_event(
            callbacks::preauth_event(*type, empty, nullptr, context.time.now, context.entropy)));
        return as_it_is(std::move(empty));
    }
    Preauthorisation next = *known;
    switch (known->status) {
        case PreauthStatus::cancelled:
        case PreauthStatus::failed: return as_it_is(*std::move(known));
        case PreauthStatus::confirming:
        case PreauthStatus::confirmed:
            return refuse_wish(preauth_problem("preauthorisation_confirmed",
                                               "It is confirmed: refund its payment instead",
                                               *known));
        case PreauthStatus::trying:
        case PreauthStatus::frozen:
            next.status = PreauthStatus::cancelling;
            next.ask_next = false;
            break;
        case PreauthStatus::cancelling: break;
    }
    return make_due(books, *std::move(known), std::move(next), context);
}

ApiProblem no_such_preauth() {
    return {.status = 404,
            .code = "preauthorisation_not_found",
            .title = "There is no such pre-authorisation"};
}

ApiProblem not_yet(std::string code, std::string title, const Preauthorisation& preauth) {
    ApiProblem problem = preauth_problem(std::move(code), std::move(title), preauth, 425);
    problem.retry_after_seconds = 2;
    return problem;
}

ApiProblem preauth_problem(std::string code, std::string title, const Preauthorisation& preauth,
                           int status) {
    return {.status = status,
            .code = std::move(code),
            .title = std::move(title),
            .members = R"(,"preauthorisation":)" + to_json(preauth)};
}

}  // namespace tollgate::gateway
