#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "sandbox/rsa.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// Money of a buyer that is frozen for a merchant (protocol notes 9.16).
enum class AuthStatus { init, authorized, finish, closed };
enum class OperationType { freeze, unfreeze, pay };
enum class OperationStatus { init, success, closed };

std::string_view name_of(AuthStatus status);       // "AUTHORIZED"
std::string_view name_of(OperationType type);      // "FREEZE"
std::string_view name_of(OperationStatus status);  // "SUCCESS"

struct Operation {
    std::string operation_id;
    std::string out_request_no;
    OperationType type = OperationType::freeze;
    OperationStatus status = OperationStatus::init;
    Money amount;
    std::string remark;
    Timestamp created_at;
    std::optional<Timestamp> done_at;
    std::string notify_url;  // Of the call that asked for it.
};

// What a freezing request asked for.
struct FreezeOrder {
    std::string app_id;
    std::string seller_id;
    std::string merchant;
    std::string out_order_no;
    std::string out_request_no;
    std::string title;
    std::string product_code;
    Money amount;
    Timestamp expires_at;
    std::string notify_url;
    std::string charset = "utf-8";
    SignType sign_type = SignType::rsa2;
    Buyer payer;
};

struct AuthOrder {
    FreezeOrder order;
    std::string auth_no;
    std::string cashier;  // As of a Trade.
    std::string nonce;
    AuthStatus status = AuthStatus::init;
    Timestamp created_at;
    Money frozen;                       // In all.
    Money unfrozen;                     // In all.
    Money paid;                         // In all.
    std::vector<Operation> operations;  // Oldest first; the first is the freeze.
};

// What is still frozen.
Money rest_of(const AuthOrder& auth);

const Operation* find_operation(const AuthOrder& auth, std::string_view out_request_no);

}  // namespace tollgate::sandbox
