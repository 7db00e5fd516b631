#include "transport/refusal_log.h"

namespace tollgate::transport {

void RefusalLog::note(const Refused& refused) {
    const auto unsaid = limit_.admit();
    if (!unsaid) return;
    log_.info("http.refused", {{"listener", refused.listener},
                               {"status", refused.status},
                               {"reason", refused.reason},
                               {"peer", refused.peer},
                               {"request_id", refused.request_id},
                               {"unsaid_before", *unsaid}});
}

}  // namespace tollgate::transport
