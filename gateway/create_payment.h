#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "callbacks/app.h"
#include "gateway/alipay_client.h"
#include "gateway/callers.h"
#include "gateway/create_request.h"
#include "gateway/create_unit.h"
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
};

struct CreateSettings {
    std::string public_base_url;  // The start of notify_url and return_url.
    // How long one request may keep a payment's call to itself: longer than the call can take.
    std::chrono::milliseconds call_lease{25'000};
};

// POST /v1/payments. What can be signed here (page, wap, app) is written with its action in one
// transaction. What needs a call (qr) is written first, called without any transaction open, and
// completed in a second one.
class CreatePayment {
public:
    CreatePayment(const callbacks::Apps& apps, CreateSettings settings, CreateSeams seams)
        : apps_(apps), settings_(std::move(settings)), seams_(seams) {}

    struct Asked {
        const Caller* caller = nullptr;
        CreateRequest request;
        std::optional<std::string> key;    // Idempotency-Key.
        std::optional<std::string> token;  // Submit-Token.
        std::string request_id;
    };

    // Answers the ticket, now or later. On a worker; never waits.
    void run(Asked asked, transport::Ticket ticket);

    // Makes the creating call of an `unknown` payment once more, with the number, the content and the
    // expiry that it was made with; `done` comes when its outcome is written down. The caller holds
    // the payment's lease.
    void call_again(const ledger::Payment& payment, const ledger::Origin& origin,
                    std::function<void()> done);

private:
    struct Work;  // One request under way.

    Result<Done> prepare(Work& work) const;
    Result<Done> prepare_action(Work& work) const;
    Result<Done> prepare_call(Work& work) const;
    void submit(std::shared_ptr<Work> work);
    void after_unit(const std::shared_ptr<Work>& work, Result<CreateOutcome> outcome);
    void after_call(const std::shared_ptr<Work>& work, const Result<AlipayAnswer>& answer);
    void ask_about_refusal(const std::shared_ptr<Work>& work, const AlipayAnswer& refusal);
    void call_succeeded(const std::shared_ptr<Work>& work, const std::string& qr_code);
    void call_refused(const std::shared_ptr<Work>& work, const std::string& reason);
    void call_not_recorded(const std::shared_ptr<Work>& work, const Error& error);
    void call_unclear(const std::shared_ptr<Work>& work, const Error& error);

    const callbacks::Apps& apps_;
    const CreateSettings settings_;
    CreateSeams seams_;
};

// 409: the payment that was to be replaced has turned out to be paid.
ApiProblem order_paid_problem(const ledger::Payment& paid);

}  // namespace tollgate::gateway
