#include "gateway/create_unit.h"

#include "gateway/answers.h"
#include "gateway/create_request.h"
#include "gateway/idempotency.h"

namespace tollgate::gateway {
namespace {

using Kind = CreateOutcome::Kind;

KeyedRequest keyed(const NewPayment& wanted) {
    return {.caller = wanted.caller,
            .key = wanted.key,
            .fingerprint = wanted.request.fingerprint,
            .now = wanted.now};
}

CreateOutcome outcome_of(MetKey met, const NewPayment& wanted) {
    CreateOutcome outcome;
    switch (met.kind) {
        case MetKey::Kind::differs:
            outcome.kind = Kind::key_differs;
            outcome.fields = differing_fields(met.fingerprint, wanted.request.fingerprint);
            break;
        case MetKey::Kind::stored_answer:
            outcome.kind = Kind::stored_answer;
            outcome.status = met.status;
            outcome.body = std::move(met.body);
            break;
        case MetKey::Kind::busy: outcome.kind = Kind::busy; break;
    }
    return outcome;
}

Result<Done> begin_call(ledger::Books& books, ledger::Payment& payment, const NewPayment& wanted) {
    TOLLGATE_DO(books.set_calling(payment, wanted.calling_until));
    return begin_under_key(books, keyed(wanted), wanted.calling_until);
}

// What the request meets in its token; nothing when it may go on. One that has made a payment whose
// call is still to be made has not done what it is for: the same request may go on with it.
Result<std::optional<CreateOutcome>> meet_token(ledger::Reading& reading,
                                                const std::optional<ledger::Payment>& existing,
                                                const NewPayment& wanted) {
    if (!wanted.token) return std::optional<CreateOutcome>();
    TOLLGATE_TRY(const auto token, reading.submit_token(wanted.caller, *wanted.token));
    CreateOutcome outcome;
    if (!token || token->expires_at <= wanted.now) {
        outcome.kind = Kind::token_invalid;
        return std::optional(std::move(outcome));
    }
    if (!token->payment) return std::optional<CreateOutcome>();
    if (existing && existing->row == *token->payment) {
        TOLLGATE_TRY(const auto met, meet_existing(reading, *existing, wanted));
        if (met.kind == Kind::call || met.kind == Kind::busy) return std::optional<CreateOutcome>();
    }
    TOLLGATE_TRY(auto made, reading.payment_by_row(*token->payment));
    if (!made) return Error(ErrorCode::data_corruption, "a token's payment has gone");
    // The form is sent again for another try, which has a number of its own.
    const bool is_the_same = existing && existing->row == made->row;
    if (made->status == ledger::PaymentStatus::failed && !is_the_same) {
        return std::optional<CreateOutcome>();
    }
    outcome.kind = Kind::token_used;
    outcome.payment = *std::move(made);
    return std::optional(std::move(outcome));
}

// A pre-authorisation is paid under its own number.
Result<bool> is_kept_for_preauth(ledger::Reading& reading, const ledger::Payment& payment) {
    TOLLGATE_TRY(const auto preauth, reading.preauths().one(payment.app, payment.out_trade_no));
    return preauth && !ledger::is_empty_cancel(*preauth);
}

Result<CreateOutcome> take_up(ledger::Books& books, const ledger::Payment& existing,
                              const NewPayment& wanted) {
    TOLLGATE_TRY(auto outcome, meet_existing(books.read(), existing, wanted));
    if (outcome.kind == Kind::call) TOLLGATE_DO(begin_call(books, outcome.payment, wanted));
    if (outcome.kind == Kind::replayed) {
        TOLLGATE_DO(store_under_key(books, wanted, 200, outcome.body));
    }
    return outcome;
}

Result<CreateOutcome> add(ledger::Books& books, const NewPayment& wanted) {
    CreateOutcome outcome;
    if (wanted.replaces) {
        TOLLGATE_TRY(auto old, books.read().payment_by_id(*wanted.replaces));
        if (!old) return Error(ErrorCode::data_corruption, "the replaced payment has gone");
        if (old->paid_at) {
            outcome.kind = Kind::order_paid;
            outcome.payment = *std::move(old);
            return outcome;
        }
    }
    outcome.payment = wanted.payment;
    TOLLGATE_TRY(const bool is_kept, is_kept_for_preauth(books.read(), wanted.payment));
    if (is_kept) {
        outcome.kind = Kind::number_taken;
        return outcome;
    }
    const auto added = books.add_payment(outcome.payment, wanted.request, wanted.origin);
    if (!added && added.error().code() == ErrorCode::conflict) {
        outcome.kind = Kind::number_taken;
        return outcome;
    }
    TOLLGATE_DO(added);
    if (wanted.token) {
        TOLLGATE_TRY(const bool taken, books.take_submit_token({.caller = wanted.caller,
                                                                .sha256 = *wanted.token,
                                                                .payment = outcome.payment.row},
                                                               wanted.now));
        // Somebody was faster: undone, and run once more, this finds out who.
        if (!taken) return Error(ErrorCode::stale_version, "the token is no longer free");
    }
    if (wanted.needs_call) {
        outcome.kind = Kind::call;
        TOLLGATE_DO(begin_call(books, outcome.payment, wanted));
        return outcome;
    }
    outcome.kind = Kind::created;
    outcome.body = payment_answer_json(outcome.payment, wanted.request.action, wanted.now);
    TOLLGATE_DO(store_under_key(books, wanted, 201, outcome.body));
    return outcome;
}

}  // namespace

Result<CreateOutcome> meet_existing(ledger::Reading& reading, const ledger::Payment& existing,
                                    const NewPayment& wanted) {
    CreateOutcome outcome;
    outcome.payment = existing;
    TOLLGATE_TRY(const auto request, reading.request_of(existing));
    if (request.fingerprint != wanted.request.fingerprint) {
        outcome.kind = Kind::number_differs;
        outcome.fields = differing_fields(request.fingerprint, wanted.request.fingerprint);
        return outcome;
    }
    const bool unfinished =
        existing.status == ledger::PaymentStatus::unknown && !request.action && wanted.needs_call;
    if (!unfinished) {
        outcome.kind = Kind::replayed;
        outcome.body = payment_answer_json(existing, request.action, wanted.now);
        return outcome;
    }
    const bool others_call = existing.calling_until && *existing.calling_until > wanted.now;
    // The call must repeat the first one exactly, so it must have been prepared for this payment.
    const bool prepared_for_it = wanted.payment.id == existing.id;
    outcome.kind = others_call || !prepared_for_it ? Kind::busy : Kind::call;
    return outcome;
}

Result<std::optional<CreateOutcome>> find_obstacle(ledger::Reading& reading,
                                                   const NewPayment& wanted) {
    TOLLGATE_TRY(auto met, meet_key(reading, keyed(wanted)));
    if (met) return std::optional(outcome_of(*std::move(met), wanted));
    TOLLGATE_TRY(auto token, meet_token(reading, std::nullopt, wanted));
    if (token) return token;
    TOLLGATE_TRY(const bool is_kept, is_kept_for_preauth(reading, wanted.payment));
    TOLLGATE_TRY(const auto of_another_app,
                 reading.reconciliations().payment_of(wanted.payment.seller_id,
                                                      wanted.payment.out_trade_no));
    if (!is_kept && !of_another_app) return std::optional<CreateOutcome>();
    CreateOutcome outcome;
    outcome.kind = Kind::number_taken;
    return std::optional(std::move(outcome));
}

Result<CreateOutcome> create_in_books(ledger::Books& books, const NewPayment& wanted) {
    TOLLGATE_TRY(auto met, meet_key(books.read(), keyed(wanted)));
    if (met) return outcome_of(*std::move(met), wanted);
    TOLLGATE_TRY(const auto existing,
                 books.read().payment_by_number(wanted.payment.app, wanted.payment.out_trade_no));
    TOLLGATE_TRY(auto token, meet_token(books.read(), existing, wanted));
    if (token) return *std::move(token);
    return existing ? take_up(books, *existing, wanted) : add(books, wanted);
}

Result<Done> store_under_key(ledger::Books& books, const NewPayment& wanted, int status,
                             const std::string& body) {
    return store_under_key(books, keyed(wanted), status, body);
}

}  // namespace tollgate::gateway
