#include "gateway/alipay_client.h"

#include "gateway/alipay/check.h"

namespace tollgate::gateway {
namespace {

Error no_answer(const std::string& why) {
    return Error(ErrorCode::outcome_unknown, "Alipay's answer cannot be used: " + why);
}

AlipayRequest wire_request(const AlipayClient::Call& call, const Method& method, Timestamp now) {
    AlipayRequest request{.app = call.app,
                          .method = method.name,
                          .biz_content = {},
                          .parameters = {},
                          .notify_url = call.notify_url,
                          .return_url = "",
                          .now = now};
    if (!method.fields_on_top) {
        request.biz_content = call.biz_content.dump();
        return request;
    }
    for (const auto& [name, value] : call.biz_content.items()) {
        request.parameters.emplace_back(name, value.get<std::string>());
    }
    return request;
}

}  // namespace

Result<AlipayClient::Prepared> AlipayClient::prepare(const Call& call) const {
    const Method* const method = find_method(call.method);
    if (method == nullptr || method->carrier != Carrier::server) {
        return Error(ErrorCode::internal, std::string(call.method) + " is no method to call");
    }
    const Timestamp now = clock_.now();
    TOLLGATE_DO(checked(*method, call.biz_content, {.now = now, .is_repeat = call.is_repeat}));
    if (!call.notify_url.empty() && !method->takes_notify_url) {
        return Error(ErrorCode::internal, std::string(call.method) + " takes no notify_url");
    }
    TOLLGATE_TRY(const auto fields, sign_request(wire_request(call, *method, now)));
    Prepared prepared{.call = call, .method = method, .request = server_call(*call.app, fields)};
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
    const Method* const method = prepared.method;
    const Timestamp asked_at = clock_.now();
    http_.start(std::move(prepared.request), [this, call, method, asked_at, done = std::move(done)](
                                                 Result<transport::ClientReply> reply) {
        if (reply && clock_watch_ != nullptr) {
            const auto date = transport::find_header(reply->headers, "date");
            if (date) clock_watch_->note(*date, asked_at, clock_.now());
        }
        const auto answer = [&]() -> Result<AlipayAnswer> {
            TOLLGATE_TRY(const auto whole, std::move(reply));
            if (whole.status != 200) return no_answer("HTTP " + std::to_string(whole.status));
            return read_answer(whole.body, *method, call.biz_content, *call.app);
        }();
        log_.write(
            answer && answer->kind == AnswerKind::done ? LogLevel::info : LogLevel::warning,
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
        log_.error("alipay.not_sent", {{"method", call.method},
                                       {"app", call.app->id},
                                       {"request_id", call.request_id},
                                       {"reason", prepared.error().message()}});
        return done(Error(ErrorCode::unavailable, prepared.error().message())
                        .because(prepared.error().reason()));
    }
    start(*std::move(prepared), std::move(done));
}

}  // namespace tollgate::gateway
