#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "config/settings.h"
#include "gateway/alipay_request.h"
#include "transport/http_client.h"

namespace tollgate::gateway {

// A whole answer of Alipay's, sorted into exactly one of four (protocol notes 3 and 9.0).
struct AlipayAnswer {
    enum class Kind {
        done,     // Signed, code 10000: the call was handled.
        refused,  // Signed, and for good: the same call again changes nothing.
        wait,     // Signed: not now (call limits), or 10003.
        unknown,  // 20000 or *SYSTEM_ERROR, or unsigned: it may have happened; ask.
    };
    Kind kind = Kind::unknown;
    bool is_signed = false;
    std::string code;      // "40004"
    std::string sub_code;  // "ACQ.TRADE_NOT_EXIST"
    std::string message;   // sub_msg, or msg.
    nlohmann::json node;   // The answer's node; only to be believed when is_signed.

    // A member of the node as text; empty when it is absent or of another kind.
    std::string text(const char* name) const;
};

std::string_view name_of(AlipayAnswer::Kind kind);

// The same code however a document spells it: without ACQ., AQC., aop.ACQ. or isp. in front.
std::string_view plain_code(std::string_view sub_code);

// Reads and verifies an answer over its raw bytes. Errors: outcome_unknown when it is no answer at
// all, is signed wrongly, or claims a success without a signature.
Result<AlipayAnswer> read_answer(std::string_view body, std::string_view method,
                                 const callbacks::App& app);

// Calls Alipay over HTTP, one call a connection: no library may repeat a call that moves money.
class AlipayClient {
public:
    // Errors: unavailable when nothing was sent; else outcome_unknown.
    using Completion = std::function<void(Result<AlipayAnswer>)>;

    // All must outlive the client and its calls.
    AlipayClient(config::AlipaySettings settings, transport::HttpClient& http, Clock& clock,
                 Log& log)
        : settings_(settings), http_(http), clock_(clock), log_(log) {}

    struct Call {
        callbacks::AppRef app;
        std::string_view method;  // A literal.
        nlohmann::json biz_content;
        std::string notify_url;
        std::string request_id;  // Of the request that caused it, for the log.
    };

    // Signs (some 0.7 ms) and starts; `done` runs later on the client's loop. Safe from any thread,
    // but not for the writer's: use prepare() before and start() there.
    void call(const Call& call, Completion done);

    // The two halves of call(). A prepared call is good for a few minutes (its timestamp).
    struct Prepared {
        Call call;
        transport::ClientRequest request;
    };
    Result<Prepared> prepare(const Call& call) const;
    void start(Prepared prepared, Completion done);

private:
    const config::AlipaySettings settings_;
    transport::HttpClient& http_;
    Clock& clock_;
    Log& log_;
};

}  // namespace tollgate::gateway
