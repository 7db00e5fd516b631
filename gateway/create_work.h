#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "callbacks/app.h"
#include "gateway/alipay_client.h"
#include "gateway/callers.h"
#include "gateway/create_request.h"
#include "gateway/create_unit.h"
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
    Entropy& entropy;
    Log& log;
};

// POST /v1/payments, as it came.
struct CreateAsked {
    const Caller* caller = nullptr;
    CreateRequest request;
    std::optional<std::string> key;  // Idempotency-Key.
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

    void answer(transport::ServerResponse response) { ticket.complete(std::move(response)); }
    void answer(const ApiProblem& problem) { ticket.complete(to_response(problem)); }
};

// When somebody must look at a payment again that nothing has happened to.
inline constexpr std::chrono::minutes kExpiryGrace{10};
inline constexpr std::chrono::seconds kUnknownLook{30};
// A buyer stands at the till: until it is known whether he has paid (protocol notes 9.0.1).
inline constexpr std::chrono::seconds kTillLook{5};

// 201 with the payment, and where it is to be found.
transport::ServerResponse created_response(const ledger::Payment& payment, const std::string& body);

}  // namespace tollgate::gateway
