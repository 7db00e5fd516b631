#include "signing/app_result.h"

#include <algorithm>

#include "signing/answer.h"
#include "signing/json_scan.h"

namespace tollgate::signing {
namespace {

Result<SignType> sign_type_of(std::string_view result, SignType configured) {
    TOLLGATE_TRY(const auto members, scan_json_object(result));
    const auto found = std::ranges::find(members, "sign_type", &JsonMember::name);
    if (found == members.end()) return configured;
    TOLLGATE_TRY(const std::string name, decode_json_string(found->value));
    return allowed_sign_type(name, configured);
}

}  // namespace

Result<std::string> verify_app_result(std::string_view result, std::string_view method,
                                      const NotificationKeys& keys) {
    TOLLGATE_TRY(const AnswerParts parts, split_answer(result, method));
    if (parts.is_error_response) {
        return Error(ErrorCode::invalid_argument, "the result is of no payment")
            .because("answer_node_missing");
    }
    TOLLGATE_TRY(const SignType type, sign_type_of(result, keys.sign_type));
    TOLLGATE_DO(verify_answer(parts, keys.alipay, type));
    return std::string(parts.node_text);
}

}  // namespace tollgate::signing
