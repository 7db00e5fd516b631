#include "sandbox/auth_order.h"

#include <algorithm>

#include "base/check.h"

namespace tollgate::sandbox {

std::string_view name_of(AuthStatus status) {
    switch (status) {
        case AuthStatus::init: return "INIT";
        case AuthStatus::authorized: return "AUTHORIZED";
        case AuthStatus::finish: return "FINISH";
        case AuthStatus::closed: return "CLOSED";
    }
    TOLLGATE_CHECK(false);
}

std::string_view name_of(OperationType type) {
    switch (type) {
        case OperationType::freeze: return "FREEZE";
        case OperationType::unfreeze: return "UNFREEZE";
        case OperationType::pay: return "PAY";
    }
    TOLLGATE_CHECK(false);
}

std::string_view name_of(OperationStatus status) {
    switch (status) {
        case OperationStatus::init: return "INIT";
        case OperationStatus::success: return "SUCCESS";
        case OperationStatus::closed: return "CLOSED";
    }
    TOLLGATE_CHECK(false);
}

Money rest_of(const AuthOrder& auth) {
    return Money::from_fen(auth.frozen.fen() - auth.unfrozen.fen() - auth.paid.fen());
}

const Operation* find_operation(const AuthOrder& auth, std::string_view out_request_no) {
    const auto found =
        std::ranges::find(auth.operations, out_request_no, &Operation::out_request_no);
    return found == auth.operations.end() ? nullptr : &*found;
}

}  // namespace tollgate::sandbox
