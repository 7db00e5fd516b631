#pragma once

#include <memory>

#include "base/clock.h"
#include "base/tracer.h"
#include "callbacks/carrier.h"
#include "transport/address_guard.h"
#include "transport/http_client.h"

namespace tollgate::callbacks {

// Posts events by the Standard Webhooks scheme, signed with every key that has not expired.
// Endpoints from the settings may be anywhere (the order service is on 127.0.0.1 or 10.x); of those
// made through the API, the guard judges each address that is connected to.
class HttpCarrier final : public Carrier {
public:
    // All must outlive it; send() belongs to the thread that drives `http`. With a tracer, requests
    // carry the trace on that they belong to.
    HttpCarrier(transport::HttpClient& http, Clock& clock,
                std::shared_ptr<const transport::AddressGuard> guard, Tracer* tracer = nullptr)
        : http_(http), clock_(clock), guard_(std::move(guard)), tracer_(tracer) {}

    void send(std::shared_ptr<const Target> target, const ledger::DueDelivery& delivery,
              Ended ended) override;

private:
    transport::HttpClient& http_;
    Clock& clock_;
    const std::shared_ptr<const transport::AddressGuard> guard_;
    Tracer* const tracer_;
};

}  // namespace tollgate::callbacks
