#pragma once

#include <functional>
#include <memory>

#include "callbacks/app.h"
#include "gateway/create_call.h"
#include "gateway/create_work.h"

namespace tollgate::gateway {

// POST /v1/payments. What can be signed here (page, wap, app) is written with its action in one
// transaction. What needs a call (qr, jsapi, barcode) is written first, called without any
// transaction open, and completed in a second one: see CreateCall.
class CreatePayment {
public:
    CreatePayment(const callbacks::Apps& apps, CreateSettings settings, CreateSeams seams)
        : apps_(apps), settings_(std::move(settings)), seams_(seams), call_(settings_, seams) {}

    using Asked = CreateAsked;

    // Answers the ticket, now or later. On a worker; never waits.
    void run(Asked asked, transport::Ticket ticket);

    // The part of run() before anything is written: what is refused, or known from before, is
    // answered; else `then` gets it. For whoever has something to do before a payment is made that
    // cannot be undone. On a worker; `then` runs there, or where Alipay's answers arrive.
    using Then = std::function<void(std::shared_ptr<CreateWork>)>;
    void get_ready(Asked asked, transport::Ticket ticket, const Then& then);

    // Makes the creating call of an `unknown` payment once more, with the number, the content and
    // the expiry that it was made with; `done` comes when its outcome is written down. The caller
    // holds the payment's lease.
    void call_again(const ledger::Payment& payment, const ledger::Origin& origin,
                    std::function<void()> done);

private:
    Result<Done> prepare(CreateWork& work) const;
    Result<Done> prepare_new(CreateWork& work, Timestamp now) const;
    Result<Done> prepare_action(CreateWork& work) const;
    void ask_first(const std::shared_ptr<CreateWork>& work, const Then& then);
    void submit(std::shared_ptr<CreateWork> work);
    void after_unit(const std::shared_ptr<CreateWork>& work, Result<CreateOutcome> outcome);
    void note_payment(const std::string& request_id, const CreateOutcome& outcome) const;
    void failed(const CreateWork& work, const Error& error);

    const callbacks::Apps& apps_;
    const CreateSettings settings_;
    CreateSeams seams_;
    CreateCall call_;
};

}  // namespace tollgate::gateway
