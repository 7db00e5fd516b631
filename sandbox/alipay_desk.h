#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "config/sandbox_settings.h"
#include "sandbox/app.h"
#include "sandbox/books.h"
#include "sandbox/methods.h"
#include "sandbox/notifier.h"
#include "sandbox/signed_request.h"
#include "transport/http_client.h"
#include "transport/router.h"

namespace tollgate::sandbox {

// The pretend Alipay: gateway.do, the cashier, notifications, and a page that shows them all.
//
//   GET, POST /gateway.do              the protocol
//   GET  /cashier/{cashier}            what the buyer sees; POST …/pay and …/cancel with its nonce
//   GET  /qr/{code}                    "scanning" a code of precreate: goes on to the cashier
//   GET  /jsapi/{trade_no}             what a mini program does with a trade of alipay.trade.create
//   GET, POST /app                     the Alipay app: takes an order string
//   GET  /downloadBillFile.resource    a bill that a call has given the link of
//   GET  /                             trades, notifications, "send again"
//   GET  /sandbox/trades, /sandbox/notifications   the same as JSON
//   POST /sandbox/notifications/{notify_id}/send   one more attempt
//
// Safe to use from several threads.
class AlipayDesk {
public:
    struct Seams {
        Clock& clock;
        Entropy& entropy;
        Log& log;
        transport::HttpClient& http;
        std::function<void()> wake;  // Called when run_once() has new work.
    };

    // Errors: invalid_argument, naming the key that cannot be read.
    static Result<std::unique_ptr<AlipayDesk>> open(const config::SandboxAlipay& settings,
                                                    Seams seams);

    // What open() made; call open().
    AlipayDesk(Apps apps, PrivateKey key, const config::SandboxAlipay& settings, Seams seams);

    // The desk must outlive the router.
    void add_routes(transport::Router& router);

    // What browsers call us; set before the first request.
    void set_base_url(std::string url) { base_url_ = std::move(url); }
    const std::string& base_url() const { return base_url_; }

    // Closes trades whose time is over and starts up to `limit` notification attempts.
    std::size_t run_once(std::size_t limit);
    std::optional<Timestamp> next_due() const { return notifier_.next_due(); }

    // When (monotonic) the first notification for this order number began to go out.
    std::optional<std::chrono::nanoseconds> notification_sent_at(
        std::string_view out_trade_no) const {
        return notifier_.first_sent_at(out_trade_no);
    }

private:
    using Answer = transport::ServerResponse;
    using Request = transport::ServerRequest;

    // Nothing when the request is never to be answered.
    std::optional<Answer> gateway(const Request& request);
    std::optional<Answer> run_call(const SignedRequest& request, const RequestOutline& outline,
                                   Timestamp now);
    void leave_unanswered(transport::Ticket ticket);
    Answer open_app(const Request& request);
    Answer scan(const Request& request);
    Answer open_trade(const Request& request);
    Answer cashier(const Request& request);
    Answer pay(const Request& request);
    Answer cancel(const Request& request);
    Answer console(const Request& request);
    Answer send_again(const Request& request);
    Answer download_bill(const Request& request);

    Result<Handled> run(const SignedRequest& request, Timestamp now);
    void notify(const Trade& trade, TradeEvent event, const Refund* refund);
    std::optional<Trade> trade_of(std::string_view cashier, Timestamp now);
    void log_refusal(const RequestOutline& outline, const Error& refusal);

    const Apps apps_;
    const PrivateKey key_;
    Seams seams_;
    RequestJudge judge_;
    Notifier notifier_;
    std::string base_url_;
    std::string console_nonce_;

    const Money no_password_max_;
    const bool bills_at_once_;
    const std::vector<std::string> notified_statuses_;

    mutable std::mutex mutex_;
    Books books_;                               // Guarded by mutex_.
    std::deque<transport::Ticket> unanswered_;  // Guarded by mutex_.
};

}  // namespace tollgate::sandbox
