#include "signing/answer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "signing/json_scan.h"
#include "signing/verify_any.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kErrorResponse = "error_response";

Error malformed_answer(const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, what, here).because("answer_malformed");
}

std::string node_name_of(std::string_view method) {
    std::string name(method);
    std::ranges::replace(name, '.', '_');
    return name + "_response";
}

bool has_repeated_name(const std::vector<JsonMember>& members) {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const JsonMember& member : members) names.emplace_back(member.name);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

std::optional<std::string_view> member(const std::vector<JsonMember>& members,
                                       std::string_view name) {
    const auto found = std::ranges::find(members, name, &JsonMember::name);
    if (found == members.end()) return std::nullopt;
    return found->value;
}

// A missing member reads as empty; one that is no string is not Alipay's.
Result<std::string> text_of(const std::vector<JsonMember>& members, std::string_view name) {
    const auto value = member(members, name);
    if (!value) return std::string();
    auto text = decode_json_string(*value);
    if (!text) return malformed_answer("sign and alipay_cert_sn must be strings");
    return text;
}

std::string with_plain_slashes(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) == "\\/") ++i;
        plain += text[i];
    }
    return plain;
}

}  // namespace

Result<AnswerParts> split_answer(std::string_view body, std::string_view method) {
    const auto members = scan_json_object(body);
    if (!members) return malformed_answer("the answer is not one JSON object");
    AnswerParts answer;
    answer.node_name = node_name_of(method);
    const auto node = member(*members, answer.node_name);
    const auto error = member(*members, kErrorResponse);
    if (has_repeated_name(*members) || (node && error)) {
        return Error(ErrorCode::unauthenticated, "the answer holds one part twice")
            .because("answer_duplicate_node");
    }
    if (!node && !error) {
        return Error(ErrorCode::invalid_argument, "the answer has no " + answer.node_name)
            .because("answer_node_missing");
    }
    if (error) answer.node_name = kErrorResponse;
    answer.is_error_response = error.has_value();
    answer.node_text = node ? *node : *error;
    answer.node_is_string = answer.node_text.starts_with('"');
    if (!answer.node_is_string && !answer.node_text.starts_with('{')) {
        return malformed_answer("the answer's node is neither an object nor a string");
    }
    TOLLGATE_TRY(answer.sign, text_of(*members, "sign"));
    TOLLGATE_TRY(answer.alipay_cert_sn, text_of(*members, "alipay_cert_sn"));
    return answer;
}

Result<Done> verify_answer(const AnswerParts& answer, std::span<const PublicKey> keys,
                           SignType type) {
    if (answer.sign.empty()) {
        return Error(ErrorCode::unauthenticated, "the answer is not signed")
            .because("answer_sign_missing");
    }
    auto verified = verify_with_any(keys, answer.node_text, answer.sign, type);
    if (verified || answer.node_text.find("\\/") == std::string_view::npos) return verified;
    return verify_with_any(keys, with_plain_slashes(answer.node_text), answer.sign, type);
}

}  // namespace tollgate::signing
