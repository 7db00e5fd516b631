#include "gateway/alipay_client.h"

#include "gateway/alipay/check.h"
#include "gateway/alipay/v3.h"
#include "signing/answer.h"

namespace tollgate::gateway {
namespace {

constexpr std::string_view kDownload = "alipay.open.app.alipaycert.download";

Error no_answer(const std::string& why) {
    return Error(ErrorCode::outcome_unknown, "Alipay's answer cannot be used: " + why);
}

AlipayRequest wire_request(const AlipayClient::Call& call, const Method& method, Timestamp now) {
    AlipayRequest request{.app = call.app.get(),
                          .method = method.name,
                          .encryptable = method.encryptable,
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

// The SN of the certificate that signed an answer, if the app does not have it. The download itself
// is never verified by one.
std::string unknown_certificate(const AlipayClient::Prepared& asked,
                                const Result<transport::ClientReply>& reply) {
    const callbacks::App& app = *asked.call.app;
    if (!reply || !app.certificates || asked.method->name == kDownload) return {};
    std::string cert_sn;
    if (asked.over_v3) {
        cert_sn = transport::find_header(reply->headers, "alipay-sn").value_or("");
    } else if (const auto parts = signing::split_answer(reply->body, asked.method->name)) {
        cert_sn = parts->alipay_cert_sn;
    }
    return app.alipay_key(cert_sn) == nullptr ? cert_sn : std::string();
}

// Where Alipay says no, the call went well; it failed when we know no more than before.
void end_span(Span span, const Result<transport::ClientReply>& reply,
              const Result<AlipayAnswer>& answer) {
    if (!span) return;
    if (reply) span.add("http.response.status_code", reply->status);
    if (answer) {
        span.add("tollgate.alipay.code", answer->code);
        span.add("tollgate.alipay.sub_code", answer->sub_code);
        span.add("tollgate.alipay.outcome", name_of(answer->kind));
    }
    if (!answer) span.fail(tollgate::name_of(answer.error().code()));
    if (answer && answer->kind == AnswerKind::unknown) span.fail("unknown");
    span.end();
}

}  // namespace

Result<AlipayClient::Prepared> AlipayClient::prepare(const Call& call) const {
    const Method* const method = find_method(call.method);
    if (method == nullptr || method->carrier != Carrier::server) {
        return Error(ErrorCode::internal, std::string(call.method) + " is no method to call");
    }
    TOLLGATE_DO(
        checked(*method, call.biz_content, {.now = clock_.now(), .is_repeat = call.is_repeat}));
    if (!call.notify_url.empty() && !method->takes_notify_url) {
        return Error(ErrorCode::internal, std::string(call.method) + " takes no notify_url");
    }
    // Over v3 a refusal is never signed: what is refused for good would be repeated for ever.
    const bool v3 = goes_over_v3(*call.app, *method) && !call.is_repeat;
    return prepare_over(call, *method, v3);
}

Result<AlipayClient::Prepared> AlipayClient::prepare_over(const Call& call, const Method& method,
                                                          bool v3) const {
    const Timestamp now = clock_.now();
    Prepared prepared{.call = call, .method = &method, .over_v3 = v3};
    if (v3) {
        TOLLGATE_TRY(prepared.request, v3_request({.app = *call.app,
                                                   .method = method,
                                                   .fields = call.biz_content,
                                                   .notify_url = call.notify_url,
                                                   .now = now},
                                                  entropy_));
    } else {
        TOLLGATE_TRY(const auto fields, sign_request(wire_request(call, method, now), entropy_));
        prepared.request = server_call(*call.app, fields);
    }
    prepared.request.connect_timeout = settings_.connect_timeout;
    prepared.request.total_timeout = settings_.total_timeout;
    prepared.request.fresh_connection = true;
    if (!call.request_id.empty()) {
        prepared.request.headers.emplace_back("X-Request-Id", call.request_id);
    }
    return prepared;
}

void AlipayClient::start(Prepared prepared, Completion done) {
    // The request moves on; what it was is needed when the answer comes.
    auto request = std::move(prepared.request);
    const Timestamp asked_at = clock_.now();
    const auto began = clock_.monotonic();
    if (tracer_ != nullptr) {
        prepared.span = begin_span(prepared);
        prepared.span.add("http.request.method", request.method);
    }
    http_.start(std::move(request), [this, asked_at, began, asked = std::move(prepared),
                                     done = std::move(done)](Result<transport::ClientReply> reply) {
        note_clock(reply, asked_at);
        const auto took = clock_.monotonic() - began;
        const std::string cert_sn =
            certificates_ == nullptr ? "" : unknown_certificate(asked, reply);
        if (cert_sn.empty()) return answered(asked, reply, took, done);
        certificates_->want(
            asked.call.app, cert_sn,
            [this](const callbacks::AppRef& app, const std::string& sn,
                   AlipayCertificates::Content then) { download(app, sn, std::move(then)); },
            [this, asked, reply, took, done](const Result<Done>& /*it_shows_when_verifying*/) {
                Prepared with_certificate = asked;
                with_certificate.call.app = certificates_->current(asked.call.app);
                answered(with_certificate, reply, took, done);
            });
    });
}

void AlipayClient::answered(const Prepared& asked, const Result<transport::ClientReply>& reply,
                            std::chrono::nanoseconds took, const Completion& done) {
    const auto answer = read(asked, reply);
    meter_.note(*asked.method, answer, took);
    end_span(asked.span, reply, answer);
    log_answer(asked, answer);
    // Alipay signs no failure of v3. Where asking costs nothing, v2's word is worth having.
    const bool ask_v2 =
        asked.over_v3 && answer && !answer->is_signed && asked.method->repeat == Repeat::harmless;
    auto again = ask_v2 ? prepare_over(asked.call, *asked.method, false)
                        : Result<Prepared>(Error(ErrorCode::not_found, "nothing to ask"));
    if (again) return start(*std::move(again), done);
    done(answer);
}

Span AlipayClient::begin_span(const Prepared& asked) const {
    const Call& call = asked.call;
    Span span = tracer_->begin_call({.kind = SpanKind::client,
                                     .name = call.method,
                                     .request_id = call.request_id,
                                     .payment_id = call.payment_id});
    if (!span) return span;
    span.add("tollgate.alipay.method", call.method);
    span.add("tollgate.alipay.api", asked.over_v3 ? "v3" : "v2");
    span.add("tollgate.app", call.app->id);
    span.add("tollgate.request_id", call.request_id);
    span.add("tollgate.payment_id", call.payment_id);
    return span;
}

void AlipayClient::download(const callbacks::AppRef& app, const std::string& cert_sn,
                            AlipayCertificates::Content then) {
    call({.app = app, .method = kDownload, .biz_content = {{"alipay_cert_sn", cert_sn}}},
         [then = std::move(then)](const Result<AlipayAnswer>& answer) {
             if (!answer) return then(answer.error());
             if (answer->kind != AnswerKind::done) {
                 return then(
                     Error(ErrorCode::unavailable, "Alipay does not give it: " + answer->sub_code));
             }
             then(answer->text("alipay_cert_content"));
         });
}

void AlipayClient::note_clock(const Result<transport::ClientReply>& reply, Timestamp asked_at) {
    if (!reply || clock_watch_ == nullptr) return;
    const auto date = transport::find_header(reply->headers, "date");
    if (date) clock_watch_->note(*date, asked_at, clock_.now());
}

Result<AlipayAnswer> AlipayClient::read(const Prepared& asked,
                                        const Result<transport::ClientReply>& reply) {
    if (!reply) return reply.error();
    const transport::ClientReply& whole = *reply;
    const Call& call = asked.call;
    if (asked.over_v3) return read_v3_answer(whole, *asked.method, call.biz_content, *call.app);
    if (whole.status != 200) return no_answer("HTTP " + std::to_string(whole.status));
    return read_answer(whole.body, *asked.method, call.biz_content, *call.app);
}

void AlipayClient::log_answer(const Prepared& asked, const Result<AlipayAnswer>& answer) {
    log_.write(answer && answer->kind == AnswerKind::done ? LogLevel::info : LogLevel::warning,
               "alipay.answer",
               {{"method", asked.call.method},
                {"api", asked.over_v3 ? "v3" : "v2"},
                {"app", asked.call.app->id},
                {"request_id", asked.call.request_id},
                {"payment_id", asked.call.payment_id},
                {"kind", answer ? name_of(answer->kind) : tollgate::name_of(answer.error().code())},
                {"code", answer ? answer->code : ""},
                {"sub_code", answer ? answer->sub_code : ""},
                {"message", answer ? answer->message : answer.error().message()}});
}

void AlipayClient::call(const Call& call, Completion done) {
    auto prepared = prepare(call);
    if (!prepared) {
        // Nothing was sent, whatever the reason was.
        log_.error("alipay.not_sent", {{"method", call.method},
                                       {"app", call.app->id},
                                       {"request_id", call.request_id},
                                       {"payment_id", call.payment_id},
                                       {"reason", prepared.error().message()}});
        return done(Error(ErrorCode::unavailable, prepared.error().message())
                        .because(prepared.error().reason()));
    }
    start(*std::move(prepared), std::move(done));
}

}  // namespace tollgate::gateway
