#include "sandbox/refusal.h"

namespace tollgate::sandbox {

Error refusal(std::string_view sub_code, std::string sub_msg, Here here) {
    return Error(ErrorCode::invalid_argument, std::move(sub_msg), here).because(sub_code);
}

GatewayCode gateway_code_of(std::string_view sub_code) {
    // The gateway's own word for it; a method's own, ACQ.SYSTEM_ERROR, is a failed business.
    if (sub_code.ends_with("unknow-error") ||
        (sub_code.starts_with("aop.") && sub_code.ends_with("SYSTEM_ERROR"))) {
        return {.code = "20000", .msg = "Service Currently Unavailable"};
    }
    if (sub_code.starts_with("aop.")) {
        return {.code = "20001", .msg = "Insufficient Token Permissions"};
    }
    if (sub_code.starts_with("isp.")) {
        return {.code = "20000", .msg = "Service Currently Unavailable"};
    }
    if (sub_code == "isv.missing-signature-config" || sub_code == "isv.decryption-error-unknown") {
        return {.code = "40003", .msg = "Insufficient Conditions"};
    }
    if (sub_code.starts_with("isv.missing-") || sub_code.ends_with("missing-encrypt-type")) {
        return {.code = "40001", .msg = "Missing Required Arguments"};
    }
    if (sub_code.ends_with("-call-limited")) return {.code = "40005", .msg = "Call Limited"};
    if (sub_code.starts_with("isv.insufficient-") || sub_code == "isv.self-invoke-forbidden") {
        return {.code = "40006", .msg = "Insufficient Permissions"};
    }
    if (sub_code.starts_with("isv.")) return {.code = "40002", .msg = "Invalid Arguments"};
    return {.code = "40004", .msg = "Business Failed"};
}

}  // namespace tollgate::sandbox
