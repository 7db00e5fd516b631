#include "gateway/alipay/answer.h"

#include "signing/answer.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& node, const char* name) {
    const auto value = node.find(name);
    if (value == node.end()) return {};
    if (value->is_string()) return value->get<std::string>();
    // Seen in the wild: codes as numbers.
    return value->is_number_integer() ? std::to_string(value->get<std::int64_t>()) : std::string();
}

Error no_answer(const std::string& why) {
    return Error(ErrorCode::outcome_unknown, "Alipay's answer cannot be used: " + why);
}

// The signature covers the ciphertext with its quotes, so it has been checked before; what nobody
// has signed is not decrypted at all.
Result<Json> node_of(const signing::AnswerParts& parts, bool is_signed, const callbacks::App& app) {
    constexpr bool kThrow = false;
    Json node = Json::parse(parts.node_text, nullptr, kThrow);
    if (node.is_string()) {
        if (!is_signed) return no_answer("it is encrypted and not signed");
        if (!app.content_key) return no_answer("it is encrypted, and the app has no encrypt_key");
        const auto plain = app.content_key->decrypt(node.get_ref<const std::string&>());
        if (!plain) return no_answer(plain.error().message());
        node = Json::parse(*plain, nullptr, kThrow);
    }
    if (!node.is_object()) return no_answer("its node is not an object");
    return node;
}

// Signed, yet about something else: an answer of another call that somebody passes off as this
// one's. The numbers are ours, so they must come back as they went.
Result<Done> answers_the_question(const AlipayAnswer& answer, const Json& asked) {
    for (const char* name : {"out_trade_no", "out_request_no", "out_order_no"}) {
        const std::string theirs = answer.text(name);
        if (theirs.empty() || !asked.contains(name) || asked[name] == theirs) continue;
        return no_answer(std::string("it is about another ") + name);
    }
    return Done{};
}

Result<Done> holds_what_it_must(const AlipayAnswer& answer, const Method& method) {
    for (const AnswerField& field : method.answer) {
        if (field.required && answer.text(std::string(field.name).c_str()).empty()) {
            return no_answer("it has no " + std::string(field.name));
        }
    }
    return Done{};
}

AnswerKind kind_of(const AlipayAnswer& answer, const Method& method, AnswerKind by_codes) {
    // A failed cancel that says so itself may be repeated (protocol notes 9.9).
    const bool told_to_repeat =
        method.after_unknown == AfterUnknown::repeat_while_told && answer.text("retry_flag") == "Y";
    return by_codes == AnswerKind::refused && told_to_repeat ? AnswerKind::wait : by_codes;
}

}  // namespace

std::string AlipayAnswer::text(const char* name) const {
    return text_of(node, name);
}

Result<AlipayAnswer> read_answer(std::string_view body, const Method& method, const Json& asked,
                                 const callbacks::App& app) {
    const auto parts = signing::split_answer(body, method.name);
    if (!parts) return no_answer(parts.error().message());
    const auto verified =
        signing::verify_answer(*parts, app.answer_keys(parts->alipay_cert_sn), app.sign_type);
    // What proves itself by its content may be signed by the very certificate that it brings.
    const bool unsigned_answer =
        !verified && (verified.error().reason() == "answer_sign_missing" ||
                      (method.unsigned_success && verified.error().reason() == "answer_no_key"));
    if (!verified && !unsigned_answer) return no_answer(verified.error().message());

    AlipayAnswer answer;
    TOLLGATE_TRY(answer.node, node_of(*parts, verified.has_value(), app));
    answer.is_signed = verified.has_value();
    answer.code = text_of(answer.node, "code");
    answer.sub_code = text_of(answer.node, "sub_code");
    answer.message = text_of(answer.node, "sub_msg");
    if (answer.message.empty()) answer.message = text_of(answer.node, "msg");
    const bool claims_success =
        answer.code == "10000" || answer.code == "10003" || answer.code.empty();
    if (!answer.is_signed && claims_success && !method.unsigned_success) {
        return no_answer("a success without a signature");
    }
    // error_response is never a success, however little it says.
    const bool bare = answer.code.empty() && (parts->is_error_response || !method.bare_success);
    if (bare && answer.sub_code.empty()) return no_answer("it has no code");
    return sorted_answer(std::move(answer), method, asked);
}

Result<AlipayAnswer> sorted_answer(AlipayAnswer answer, const Method& method, const Json& asked) {
    const Sorted sorted = sort_answer(method, answer.is_signed, answer.code, answer.sub_code);
    answer.kind = kind_of(answer, method, sorted.kind);
    answer.meaning = sorted.meaning;
    if (!answer.is_signed && answer.kind != AnswerKind::done) return answer;
    TOLLGATE_DO(answers_the_question(answer, asked));
    if (answer.kind == AnswerKind::done) TOLLGATE_DO(holds_what_it_must(answer, method));
    return answer;
}

}  // namespace tollgate::gateway
