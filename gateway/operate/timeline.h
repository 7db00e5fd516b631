#pragma once

#include "gateway/operate/door.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// GET /console/api/payments/{id}/timeline: one payment's life, whatever was part of it, and what
// may be done with it now.
class Timeline {
public:
    explicit Timeline(const ConsoleParts& parts) : parts_(parts) {}

    void add_routes(transport::Router& router);

    static constexpr std::size_t kEntriesMax = 1'000;

private:
    const ConsoleParts parts_;
};

// Errors: those of Reading.
Result<std::string> timeline_json(ledger::Reading& reading, const ledger::Payment& payment,
                                  std::string_view role);

}  // namespace tollgate::gateway::operate
