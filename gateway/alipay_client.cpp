#include "gateway/alipay_client.h"

#include "base/check.h"
#include "signing/answer.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;
using Kind = AlipayAnswer::Kind;

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

bool is_system_error(std::string_view sub_code) {
    const std::string_view plain = plain_code(sub_code);
    return plain == "SYSTEM_ERROR" || plain == "UNKNOWN_ERROR" || plain == "unknow-error";
}

Kind kind_of(const AlipayAnswer& answer) {
    // Unsigned, it may be anybody's word: never a reason to close a payment for good.
    if (!answer.is_signed || answer.code == "20000" || is_system_error(answer.sub_code)) {
        return Kind::unknown;
    }
    if (answer.code == "10000") return Kind::done;
    if (answer.code == "10003" || answer.code == "40005") return Kind::wait;
    return Kind::refused;
}

}  // namespace

std::string AlipayAnswer::text(const char* name) const {
    return text_of(node, name);
}

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::done: return "done";
        case Kind::refused: return "refused";
        case Kind::wait: return "wait";
        case Kind::unknown: return "unknown";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view plain_code(std::string_view sub_code) {
    for (const std::string_view prefix : {"aop.", "isp.", "isv."}) {
        if (sub_code.starts_with(prefix)) sub_code.remove_prefix(prefix.size());
    }
    for (const std::string_view prefix : {"ACQ.", "AQC."}) {
        if (sub_code.starts_with(prefix)) sub_code.remove_prefix(prefix.size());
    }
    return sub_code;
}

Result<AlipayAnswer> read_answer(std::string_view body, std::string_view method,
                                 const callbacks::App& app) {
    const auto parts = signing::split_answer(body, method);
    if (!parts) return no_answer(parts.error().message());
    const auto verified = signing::verify_answer(*parts, app.alipay.alipay, app.sign_type);
    const bool unsigned_answer = !verified && verified.error().reason() == "answer_sign_missing";
    if (!verified && !unsigned_answer) return no_answer(verified.error().message());

    constexpr bool kThrow = false;
    AlipayAnswer answer;
    answer.node = Json::parse(parts->node_text, nullptr, kThrow);
    if (!answer.node.is_object()) return no_answer("its node is not an object");
    answer.is_signed = verified.has_value();
    answer.code = text_of(answer.node, "code");
    answer.sub_code = text_of(answer.node, "sub_code");
    answer.message = text_of(answer.node, "sub_msg");
    if (answer.message.empty()) answer.message = text_of(answer.node, "msg");
    const bool claims_success =
        answer.code == "10000" || answer.code == "10003" || answer.code.empty();
    if (!answer.is_signed && claims_success) return no_answer("a success without a signature");
    answer.kind = kind_of(answer);
    return answer;
}

Result<AlipayClient::Prepared> AlipayClient::prepare(const Call& call) const {
    TOLLGATE_TRY(const auto fields, sign_request({.app = call.app.get(),
                                                  .method = call.method,
                                                  .biz_content = call.biz_content.dump(),
                                                  .notify_url = call.notify_url,
                                                  .return_url = "",
                                                  .now = clock_.now()}));
    Prepared prepared{.call = call, .request = server_call(*call.app, fields)};
    prepared.request.connect_timeout = settings_.connect_timeout;
    prepared.request.total_timeout = settings_.total_timeout;
    prepared.request.fresh_connection = true;
    if (!call.request_id.empty()) {
        prepared.request.headers.emplace_back("X-Request-Id", call.request_id);
    }
    return prepared;
}

void AlipayClient::start(Prepared prepared, Completion done) {
    // Copied out: the request moves on, and both are needed when the answer comes.
    const Call call = prepared.call;
    http_.start(std::move(prepared.request), [this, call, done = std::move(done)](
                                                 Result<transport::ClientReply> reply) {
        const auto answer = [&]() -> Result<AlipayAnswer> {
            TOLLGATE_TRY(const auto whole, std::move(reply));
            if (whole.status != 200) return no_answer("HTTP " + std::to_string(whole.status));
            return read_answer(whole.body, call.method, *call.app);
        }();
        log_.write(
            answer && answer->kind == Kind::done ? LogLevel::info : LogLevel::warning,
            "alipay.answer",
            {{"method", call.method},
             {"app", call.app->id},
             {"request_id", call.request_id},
             {"kind", answer ? name_of(answer->kind) : tollgate::name_of(answer.error().code())},
             {"code", answer ? answer->code : ""},
             {"sub_code", answer ? answer->sub_code : ""},
             {"message", answer ? answer->message : answer.error().message()}});
        done(answer);
    });
}

void AlipayClient::call(const Call& call, Completion done) {
    auto prepared = prepare(call);
    if (!prepared) {
        // Nothing was sent, whatever the reason was.
        return done(Error(ErrorCode::unavailable, prepared.error().message()));
    }
    start(*std::move(prepared), std::move(done));
}

}  // namespace tollgate::gateway
