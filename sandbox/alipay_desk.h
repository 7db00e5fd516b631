#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
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
#include "sandbox/answer.h"
#include "sandbox/app.h"
#include "sandbox/books.h"
#include "sandbox/certificate_box.h"
#include "sandbox/fault_box.h"
#include "sandbox/methods.h"
#include "sandbox/notifier.h"
#include "sandbox/signed_request.h"
#include "transport/http_client.h"
#include "transport/router.h"

namespace tollgate::sandbox {

// The answer to a call, if one is ever given, and how long it is held back. Faults that strike the
// connection stand in the answer's cut_after.
struct GatewayReply {
    std::optional<transport::ServerResponse> answer;
    std::chrono::milliseconds delay{0};
};

// The pretend Alipay: gateway.do, the cashier, notifications, and a page that shows them all.
//
//   GET, POST /gateway.do              the protocol
//   GET, POST /v3/alipay/…             the same methods by API v3
//   GET  /cashier/{cashier}            what the buyer sees; POST …/pay and …/cancel with its nonce
//   GET  /qr/{code}                    "scanning" a code of precreate: goes on to the cashier
//   GET  /jsapi/{trade_no}             what a mini program does with a trade of trade.create
//   GET  /fund/{cashier}               money to be frozen; POST …/agree and …/refuse
//   GET  /oauth2/publicAppAuthorize.htm   gives a code and goes back to redirect_uri
//   GET, POST /app                     the Alipay app: takes an order string
//   GET  /downloadBillFile.resource    a bill that a call has given the link of
//   GET  /                             trades, freezes, notifications
//   POST /sandbox/trades/{trade_no}/…  what a person at the console does
//   GET  /sandbox/trades, /sandbox/freezes, /sandbox/notifications   the same as JSON
//   POST /sandbox/notifications/{notify_id}/send   one more attempt
//   GET, PUT /sandbox/faults           what goes wrong on purpose (config/fault_settings.h)
//   GET  /sandbox/certificates         which is in use for which application;
//   POST /sandbox/certificates/{app_id}/renew   Alipay's is renewed
//
// It owns no thread and no socket: whatever it does, it does within a call, by
// the clock that it was given. So a program can drive it without a network:
// answer() takes requests, the functions below it are a buyer and a person at
// Alipay's console, and notifications leave through Seams::http when run_once()
// is called. Safe to use from several threads.
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

    // With keys that need not be RSA's: PublicKey::of, PrivateKey::of. `settings`
    // for all the rest.
    AlipayDesk(Apps apps, PrivateKey key, const config::SandboxAlipay& settings, Seams seams);

    // The desk must outlive the router.
    void add_routes(transport::Router& router);

    // What browsers call us; set before the first request.
    void set_base_url(std::string url) { base_url_ = std::move(url); }
    const std::string& base_url() const { return base_url_; }

    // Closes trades whose time is over, gives answers that were held back and
    // starts up to `limit` notification attempts.
    std::size_t run_once(std::size_t limit);
    std::optional<Timestamp> next_due() const;

    // When (monotonic) the first notification for this order number began to go
    // out.
    std::optional<std::chrono::nanoseconds> notification_sent_at(
        std::string_view out_trade_no) const {
        return notifier_.first_sent_at(out_trade_no);
    }

    // A request to gateway.do.
    GatewayReply answer(const transport::ServerRequest& request);
    // A request to a path of API v3.
    GatewayReply answer_v3(const transport::ServerRequest& request);

    // A buyer: opens a page's address or its query, or a QR code's text, or an
    // order string; pays. Errors: refusals, as for the methods behind them.
    Result<Trade> buyer_opens(std::string_view text);
    Result<Trade> buyer_pays(std::string_view trade_no);

    // A person at Alipay's own console. Errors: as TradeBook's.
    Result<Trade> console_refunds(std::string_view trade_no, Money amount);
    Result<Trade> console_finishes(std::string_view trade_no);
    Result<Trade> console_pays_late(std::string_view trade_no);
    // Sends the message to the application gateway of the app, if its settings
    // name one.
    Result<Trade> console_deposits_back(std::string_view trade_no, std::string_view out_request_no,
                                        std::string_view status);

    // Every trade and every freeze, newest first: what is true, for whoever checks a merchant's
    // books against it.
    std::vector<Trade> trades(std::size_t limit) const;
    std::vector<AuthOrder> freezes(std::size_t limit) const;

    // Alipay renews its certificate for this application: what it signs from now on names the next
    // one of the settings, whose SN is answered. Errors: as CertificateBox's.
    Result<std::string> console_renews_certificate(std::string_view app_id);

    FaultBox& faults() { return faults_; }

private:
    using Answer = transport::ServerResponse;
    using Request = transport::ServerRequest;
    // Makes an answer of what came of a call; a flawed one when a fault says so.
    using Builder = std::function<Answer(const Result<Handled>&, SignatureFlaw)>;

    void add_gateway_routes(transport::Router& router);
    void add_buyer_routes(transport::Router& router);
    void add_console_routes(transport::Router& router);

    // alipay_calls.cpp
    GatewayReply carry_out(const SignedRequest& request, Timestamp now, const Builder& build);
    Result<Handled> run(const SignedRequest& request, Timestamp now);
    Builder v2_builder(const RequestOutline& outline, const SignedRequest& request) const;
    std::optional<Encryption> encryption_of(const SignedRequest& request) const;
    Result<std::string> open_page(const SignedRequest& request, Timestamp now);

    // alipay_desk.cpp
    void reply(GatewayReply reply, transport::Ticket ticket);
    void notify(const Trade& trade, TradeEvent event, const Refund* refund);
    void log_refusal(const RequestOutline& outline, const Error& refusal);

    // alipay_buyer.cpp
    Answer open_app(const Request& request);
    Answer scan(const Request& request);
    Answer open_trade(const Request& request);
    Answer cashier(const Request& request);
    Answer pay(const Request& request);
    Answer cancel(const Request& request);
    Answer fund(const Request& request);
    Answer decide_fund(const Request& request, bool agrees);
    Answer authorize(const Request& request);
    Answer download_bill(const Request& request);
    std::optional<Trade> trade_of(std::string_view cashier, Timestamp now);

    // alipay_console.cpp
    Answer console(const Request& request);
    Answer send_again(const Request& request);
    Answer act(const Request& request);
    Answer deposit_back(const Request& request);
    Answer show_faults(const Request& request);
    Answer set_faults(const Request& request);
    Answer show_certificates(const Request& request);
    Answer renew_certificate(const Request& request);
    Result<Trade> with_trades(const std::function<Result<const Trade*>(TradeBook&)>& act);

    const Apps apps_;
    const PrivateKey key_;
    Seams seams_;
    RequestJudge judge_;
    FaultBox faults_;
    CertificateBox certificates_;
    Notifier notifier_;
    std::string base_url_;
    std::string console_nonce_;

    const Money no_password_max_;
    const bool bills_at_once_;
    const std::vector<std::string> notified_statuses_;

    struct Held {
        transport::Ticket ticket;
        Answer answer;
    };
    mutable std::mutex mutex_;
    Books books_;                                       // Guarded by mutex_, as is the rest.
    std::deque<transport::Ticket> unanswered_;          // Never to be answered.
    std::multimap<Timestamp, Held> held_;               // By when they are to be answered.
    std::multimap<Timestamp, std::string> late_money_;  // trade_no, by when it arrives.
};

}  // namespace tollgate::sandbox
