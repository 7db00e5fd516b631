#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gateway/create_work.h"

namespace tollgate::gateway {

struct CreateSettings {
    std::string public_base_url;  // The start of notify_url and return_url.
    // How long one request may keep a payment's call to itself: longer than the call can take.
    std::chrono::milliseconds call_lease{25'000};
};

// The half of POST /v1/payments that asks Alipay, for the products that need a call before the
// buyer can pay (qr, jsapi) or that are the payment itself (barcode). The payment has been written
// as `unknown` before; what comes of the call is written in a unit of work of its own.
class CreateCall {
public:
    CreateCall(CreateSettings settings, CreateSeams seams)
        : settings_(std::move(settings)), seams_(seams) {}

    // Signs what start() will send for work.wanted.payment. Errors: those of AlipayClient::prepare.
    Result<Done> prepare(CreateWork& work, bool is_repeat) const;

    // Calls, writes, answers the ticket.
    void start(std::shared_ptr<CreateWork> work);

private:
    using Work = std::shared_ptr<CreateWork>;

    void call(const Work& work);
    void after_query(const Work& work, const Result<AlipayAnswer>& answer);
    void after_call(const Work& work, const Result<AlipayAnswer>& answer);
    void ask_about_refusal(const Work& work, const AlipayAnswer& refusal);
    void succeeded(const Work& work, const AlipayAnswer& answer);
    void refused(const Work& work, const std::string& reason);
    void not_recorded(const Work& work, const Error& error);
    void unclear(const Work& work, const Error& error);

    const CreateSettings settings_;
    CreateSeams seams_;
};

}  // namespace tollgate::gateway
