#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "base/tracer.h"
#include "callbacks/app.h"
#include "gateway/alipay_client.h"
#include "gateway/callers.h"
#include "gateway/create_request.h"
#include "gateway/create_unit.h"
#include "gateway/ledger_guard.h"
#include "gateway/problem.h"
#include "ledger/store.h"
#include "ledger/writer.h"
#include "transport/ticket.h"

namespace tollgate::gateway {

// All must outlive CreatePayment and every request under way.
struct CreateSeams {
    ledger::Store& store;
    ledger::Writer& writer;
    AlipayClient& alipay;
    Clock& clock;
    Random& random;
    Entropy& entropy;
    Log& log;
    const LedgerGuard* guard = nullptr;  // None: the ledger is never guarded.
    Tracer* tracer = nullptr;            // Null: there are no traces.
};

// POST /v1/payments, as it came.
struct CreateAsked {
    const Caller* caller = nullptr;
    CreateRequest request;
    std::optional<std::string> key;    // Idempotency-Key.
    std::optional<std::string> token;  // Submit-Token.
    std::string request_id;
};

// One request under way.
struct CreateWork {
    CreateAsked asked;
    transport::Ticket ticket;
    callbacks::AppRef app;
    NewPayment wanted;
    // Of a product that needs a call: the call, and the query that comes first when the same call
    // may have been made before and must not be repeated blindly (Repeat::after_asking).
    std::optional<AlipayClient::Prepared> call;
    std::optional<AlipayClient::Prepared> query;

    std::function<void()> done;  // Instead of a ticket: see CreatePayment::call_again().

    void answer(transport::ServerResponse response) {
        if (done) return done();
        ticket.complete(std::move(response));
    }
    void answer(const ApiProblem& problem) { answer(to_response(problem)); }
};

// A buyer stands at the till: until it is known whether he has paid (protocol notes 9.0.1).
inline constexpr std::chrono::seconds kTillLook{5};

// 201 with the payment, and where it is to be found.
transport::ServerResponse created_response(const ledger::Payment& payment, const std::string& body);

}  // namespace tollgate::gateway
