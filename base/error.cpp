#include "base/error.h"

#include "base/check.h"

namespace tollgate {

std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return "invalid_argument";
        case ErrorCode::unauthenticated: return "unauthenticated";
        case ErrorCode::permission_denied: return "permission_denied";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::stale_version: return "stale_version";
        case ErrorCode::failed_precondition: return "failed_precondition";
        case ErrorCode::rate_limited: return "rate_limited";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::outcome_unknown: return "outcome_unknown";
        case ErrorCode::data_corruption: return "data_corruption";
        case ErrorCode::internal: return "internal";
    }
    TOLLGATE_CHECK(false);
    return {};
}

}  // namespace tollgate
