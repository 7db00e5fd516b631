#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/json_reader.h"
#include "ledger/books.h"

namespace tollgate::gateway {

// What a create request wants written, prepared before the transaction.
struct NewPayment {
    ledger::Payment payment;
    ledger::PaymentRequest request;
    ledger::Origin origin;
    std::string caller;
    std::optional<std::string> key;       // Idempotency-Key.
    std::optional<std::string> token;     // Of its Submit-Token: the SHA-256.
    std::optional<std::string> replaces;  // The payment that it is instead of, already `closing`.
    // The product needs a call to Alipay before the buyer can pay. Then the payment is written as
    // `unknown` before the first byte leaves, so that a crash in the call finds it in the state
    // that tells the truth; and one caller at a time makes the call, until `calling_until`.
    bool needs_call = false;
    Timestamp calling_until;
    Timestamp now;
};

// What became of it.
struct CreateOutcome {
    enum class Kind {
        created,         // Written, with its action: 201.
        call,            // Written or taken up again: make the call now.
        replayed,        // The same request was here before: the payment as it is now, 200.
        stored_answer,   // The key's answer, byte for byte.
        key_differs,     // The key was used with other fields: 422.
        number_differs,  // out_trade_no was used with other fields: 422.
        number_taken,    // Another app of the seller uses out_trade_no: 409.
        order_paid,      // The payment that it replaces turned out to be paid: 409.
        token_used,      // The Submit-Token has made this payment, or another one: 409.
        token_invalid,   // It is not there, or has expired: 422.
        busy,            // The first request is still at work: 409, try again.
    };
    Kind kind = Kind::busy;
    ledger::Payment payment;
    std::string body;  // Of created, replayed and stored_answer.
    int status = 0;    // Of stored_answer.
    std::vector<config::Problem> fields;
};

// The unit of work of POST /v1/payments: the key, the natural key, the payment and its stored
// answer in one transaction. Errors: those of Books.
Result<CreateOutcome> create_in_books(ledger::Books& books, const NewPayment& wanted);

// What a request meets that finds its payment already there: replayed, number_differs, call or
// busy; the part of the above that only reads. Errors: those of Reading.
Result<CreateOutcome> meet_existing(ledger::Reading& reading, const ledger::Payment& existing,
                                    const NewPayment& wanted);

// What a request is answered whose payment is not there yet and cannot be made; nothing when it
// would be made now. The part of the above that only reads. Errors: those of Reading.
Result<std::optional<CreateOutcome>> find_obstacle(ledger::Reading& reading,
                                                   const NewPayment& wanted);

// Stores the final answer under the request's key, if it has one.
Result<Done> store_under_key(ledger::Books& books, const NewPayment& wanted, int status,
                             const std::string& body);

}  // namespace tollgate::gateway
