#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tracer.h"
#include "callbacks/app.h"
#include "config/settings.h"
#include "gateway/alipay/answer.h"
#include "gateway/alipay/method.h"
#include "gateway/alipay_certificates.h"
#include "gateway/alipay_meter.h"
#include "gateway/alipay_request.h"
#include "gateway/clock_watch.h"
#include "transport/http_client.h"

namespace tollgate::gateway {

// Calls Alipay over HTTP, one call a connection: no library may repeat a call that moves money.
// Over v2 or v3, as the app is set and the method allows (see Way3); nobody else has to know which.
class AlipayClient {
public:
    // Errors: unavailable when nothing was sent (reason "call_not_valid" when its fields are wrong,
    // so that sending it again is no use); else outcome_unknown.
    using Completion = std::function<void(Result<AlipayAnswer>)>;

    // All must outlive the client and its calls.
    AlipayClient(config::AlipaySettings settings, transport::HttpClient& http, Clock& clock,
                 Entropy& entropy, Log& log)
        : settings_(settings), http_(http), clock_(clock), entropy_(entropy), log_(log) {}

    struct Call {
        callbacks::AppRef app;
        std::string_view method;  // A literal.
        nlohmann::json biz_content;
        std::string notify_url;
        std::string request_id;       // Of the request that caused it, for the log.
        std::string payment_id = {};  // What it is about, for the log.
        bool is_repeat = false;       // The same call was made before: see CheckMoment and Way3.
    };

    // Signs (some 0.7 ms) and starts; `done` runs later on the client's loop. Safe from any thread,
    // but not for the writer's: use prepare() before and start() there.
    void call(const Call& call, Completion done);

    // The two halves of call(). A prepared call is good for a few minutes (its timestamp).
    struct Prepared {
        Call call;
        const Method* method = nullptr;
        bool over_v3 = false;
        transport::ClientRequest request = {};
        Span span = {};
    };
    // Errors: invalid_argument, reason "call_not_valid", naming every wrong field at once; internal
    // for a method that is not described, or when OpenSSL fails.
    Result<Prepared> prepare(const Call& call) const;
    void start(Prepared prepared, Completion done);

    // Gets the certificates that answers name and an app does not have; without it, such an answer
    // cannot be verified. Before the first call; must outlive the client.
    void fetch_certificates(AlipayCertificates& certificates) { certificates_ = &certificates; }

    // Is told the Date of every answer. Before the first call; must outlive the client.
    void watch_clock(ClockWatch& watch) { clock_watch_ = &watch; }

    // Every call has a span then, of the trace of whom it is made for. Alipay is told nothing of
    // it: it is no part of anybody's trace. Before the first call; must outlive the client.
    void trace(Tracer& tracer) { tracer_ = &tracer; }

    const AlipayMeter& meter() const { return meter_; }

private:
    Result<Prepared> prepare_over(const Call& call, const Method& method, bool v3) const;
    void answered(const Prepared& asked, const Result<transport::ClientReply>& reply,
                  std::chrono::nanoseconds took, const Completion& done);
    static Result<AlipayAnswer> read(const Prepared& asked,
                                     const Result<transport::ClientReply>& reply);
    void download(const callbacks::AppRef& app, const std::string& cert_sn,
                  AlipayCertificates::Content then);
    void note_clock(const Result<transport::ClientReply>& reply, Timestamp asked_at);
    Span begin_span(const Prepared& asked) const;
    void log_answer(const Prepared& asked, const Result<AlipayAnswer>& answer);

    const config::AlipaySettings settings_;
    transport::HttpClient& http_;
    Clock& clock_;
    Entropy& entropy_;
    Log& log_;
    AlipayMeter meter_;
    AlipayCertificates* certificates_ = nullptr;
    ClockWatch* clock_watch_ = nullptr;
    Tracer* tracer_ = nullptr;
};

}  // namespace tollgate::gateway
