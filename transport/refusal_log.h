#pragma once

#include <string_view>

#include "base/line_limit.h"
#include "base/log.h"

namespace tollgate::transport {

// Tells the log of refused requests, within a LineLimit. Safe from several threads.
class RefusalLog {
public:
    RefusalLog(Log& log, Clock& clock) : log_(log), limit_(clock) {}

    struct Refused {
        std::string_view listener;
        int status = 0;  // 0: closed without one, in the TLS handshake.
        std::string_view reason;
        std::string_view peer;
        std::string_view request_id;
    };
    void note(const Refused& refused);

private:
    Log& log_;
    LineLimit limit_;
};

}  // namespace tollgate::transport
