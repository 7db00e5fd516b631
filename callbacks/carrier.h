#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "callbacks/answer_table.h"
#include "callbacks/target.h"
#include "ledger/delivery.h"

namespace tollgate::callbacks {

// How an attempt went.
struct AttemptReport {
    Judgement judgement;
    std::optional<std::int64_t> http_status;
    std::string address;
    ledger::AttemptPhases phases;
    std::string detail;  // The first part of the answer, or the error; any bytes.
};

// Takes events to one kind of endpoint.
class Carrier {
public:
    using Ended = std::function<void(AttemptReport)>;

    virtual ~Carrier() = default;

    // Makes one attempt, in at most the target's timeout. Returns at once; `ended` is called
    // exactly once, from whatever thread, perhaps before this returns.
    virtual void send(std::shared_ptr<const Target> target, const ledger::DueDelivery& delivery,
                      Ended ended) = 0;
};

}  // namespace tollgate::callbacks
