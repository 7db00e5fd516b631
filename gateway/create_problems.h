#pragma once

#include <string>

#include "gateway/create_unit.h"
#include "gateway/problem.h"

namespace tollgate::gateway {

// What the caller of POST /v1/payments is told when he gets no new payment.
ApiProblem problem_of(const CreateOutcome& outcome);

// 409: the payment that was to be replaced has turned out to be paid.
ApiProblem order_paid_problem(const ledger::Payment& paid);

// A signed refusal, and no trade: the payment is `failed`.
ApiProblem refusal_problem(const ledger::Payment& payment, const std::string& reason);

// Alipay was not reached, or its answer is not clear: the same request may come again.
ApiProblem unclear_problem(const ledger::Payment& payment, const Error& error);

}  // namespace tollgate::gateway
