#include "gateway/service.h"

#include <algorithm>
#include <thread>

#include "callbacks/app.h"
#include "callbacks/inbox.h"
#include "callbacks/rejects.h"
#include "gateway/alipay_certificates.h"
#include "gateway/alipay_client.h"
#include "gateway/callers.h"
#include "gateway/clock_watch.h"
#include "gateway/create_payment.h"
#include "gateway/deliveries.h"
#include "gateway/door.h"
#include "gateway/health.h"
#include "gateway/ledger_chores.h"
#include "gateway/ledger_guard.h"
#include "gateway/ledger_upkeep.h"
#include "gateway/metrics/metrics.h"
#include "gateway/open_ledger.h"
#include "gateway/openapi/document.h"
#include "gateway/operate/console.h"
#include "gateway/operate/roles.h"
#include "gateway/operate/sign_in.h"
#include "gateway/order_api.h"
#include "gateway/reconcile/service.h"
#include "gateway/refund_errands.h"
#include "gateway/refusals.h"
#include "gateway/retention.h"
#include "gateway/return_page.h"
#include "gateway/running.h"
#include "gateway/traces/tracing.h"
#include "gateway/trade_errands.h"
#include "ledger/writer.h"
#include "transport/curl_client.h"
#include "transport/front.h"

namespace tollgate::gateway {
namespace {

using std::chrono::milliseconds;
using transport::ServerRequest;
using transport::Ticket;

constexpr milliseconds kLoopWait{500};
constexpr milliseconds kTimerBeat{100};
constexpr milliseconds kReconcileBeat{30'000};
constexpr int kDaysABeat = 4;
// A payment may take three calls, one after the other (a barcode's repeat: query, pay, query), and
// the commits around them.
constexpr int kCreateCallsMax = 3;
constexpr milliseconds kApiTicketMargin{15'000};
constexpr int kExplainedABeat = 4;
constexpr int kErrandCallsMax = 4;
constexpr int kErrandsAtOnce = 256;
constexpr int kExpiredKeysASecond = 1'000;

class RunningService final : public Service {
public:
    RunningService(config::Settings settings, ServiceSeams seams, callbacks::Apps apps)
        : settings_(std::move(settings)),
          clock_(seams.clock),
          seams_{clock_, seams.entropy, seams.random, seams.log, seams.on_fatal, seams.sqlite_vfs},
          signal_(seams_.clock),
          apps_(std::move(apps)),
          certificates_(settings_.store.stem() + ".certificates", apps_, seams_.clock, seams_.log),
          callers_(settings_.callers, seams_.clock, operate::callers_of(settings_)),
          tracing_(traces::Tracing::make(settings_.traces, {.clock = seams_.clock,
                                                            .random = seams_.random,
                                                            .entropy = seams_.entropy,
                                                            .log = seams_.log})) {}

    ~RunningService() override { stop(milliseconds(0)); }

    Result<Done> open() {
        TOLLGATE_TRY(store_, open_ledger(settings_.store, clock_.ours(), seams_.sqlite_vfs));
        TOLLGATE_TRY(const auto ahead, store_->clock_ahead_of(clock_.ours()));
        clock_.set_ahead(ahead);
        TOLLGATE_TRY(auto connection, store_->write_connection());
        writer_ = std::make_unique<ledger::Writer>(std::move(connection), ledger::Writer::Options{},
                                                   seams_.log);
        writer_->time_commits(seams_.clock);
        guard_ = std::make_unique<LedgerGuard>(*store_, seams_.clock, seams_.log);
        rejects_ = std::make_unique<callbacks::Rejects>(
            callbacks::Rejects::Options{
                .kept_max = settings_.notifications.unverified_kept_max,
                .per_second = settings_.notifications.unverified_stored_per_second},
            *writer_, seams_.clock, seams_.log);
        inbox_ = std::make_unique<callbacks::Inbox>(apps_,
                                                    callbacks::InboxSeams{.writer = *writer_,
                                                                          .rejects = *rejects_,
                                                                          .clock = seams_.clock,
                                                                          .entropy = seams_.entropy,
                                                                          .log = seams_.log,
                                                                          .tracer = tracer()});
        retention_ = std::make_unique<Retention>(
            settings_.retention,
            Retention::Seams{
                .store = *store_, .writer = *writer_, .clock = seams_.clock, .log = seams_.log});
        certificates_.load_kept();
        TOLLGATE_DO(open_outgoing());
        return open_listeners();
    }

    Result<Done> start_threads() {
        threads_.start("writer", [this] { run_writer(); });
        // Before the first request: events must find their endpoints.
        TOLLGATE_DO(writer_->transact([this](ledger::Books& books) {
            return books.outbox().set_configured_endpoints(Deliveries::configured(settings_),
                                                           seams_.clock.now());
        }));
        TOLLGATE_DO(guard_->begin(*writer_));
        threads_.start("figures", [this] {
            do metrics_->read_ledger();
            while (!signal_.wait(metrics::Metrics::kReadEvery));
        });
        if (tracing_ != nullptr) threads_.start("traces", [this] { tracing_->run(); });
        threads_.start("checkpointer", [this] { run_checkpointer(); });
        if (store_->hints() != nullptr) threads_.start("hints", [this] { run_hints(); });
        threads_.start("alipay", [this] { run_alipay(); });
        for (auto& [name, loop] : deliveries_->loops()) threads_.start(name, std::move(loop));
        threads_.start("timer", [this] { run_timer(); });
        threads_.start("console", [this] { console_->run(); });
        threads_.start("reconcile", [this] {
            do {
                reconcile_->run_once(kDaysABeat);
                // Of events that a command beside us has written nobody tells us.
                deliveries_->hint();
            } while (!signal_.wait(kReconcileBeat));
        });
        const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
        const std::int64_t workers =
            settings_.workers > 0 ? settings_.workers : std::max<std::int64_t>(cores, 1);
        for (std::int64_t i = 0; i < workers; ++i) {
            workers_.start("worker-" + std::to_string(i), [this] { front_->run(); });
        }
        return Done{};
    }

    int port(std::string_view listener) const override { return front_->port(listener); }

    Result<Done> reload(const std::vector<config::AppSettings>& apps,
                        std::vector<config::Problem>& problems) override {
        TOLLGATE_TRY(const auto fresh, callbacks::Apps::from(apps, problems));
        TOLLGATE_DO(apps_.may_replace(fresh));
        TOLLGATE_DO(front_->reload_tls());
        TOLLGATE_DO(apps_.replace(fresh));
        certificates_.load_kept();
        return Done{};
    }

    void stop(milliseconds patience) override {
        if (stopped_) return;
        stopped_ = true;
        const auto deadline = seams_.clock.monotonic() + patience;
        if (health_ != nullptr) health_->set_stopping();
        if (order_api_ != nullptr) order_api_->events().stop();
        if (front_ != nullptr) front_->stop(patience);
        workers_.join_all();
        if (deliveries_ == nullptr) return;  // open() did not get that far.
        deliveries_->stop(deadline);
        reconcile_->stop();
        if (console_ != nullptr) console_->stop();
        if (tracing_ != nullptr) tracing_->stop();
        signal_.stop(deadline);
        alipay_http_->wake();
        if (store_->hints() != nullptr) store_->hints()->wake();
        threads_.join_all_but("writer");
        stop_writer_ = true;
        writer_->wake();
        threads_.join_all();
        // Whatever is left is answered while everything that it touches still lives.
        do {
            alipay_http_->cancel_all();
            writer_->close();
        } while (alipay_http_->in_flight() > 0);
        if (tracing_ != nullptr) tracing_->flush(deadline);
    }

private:
    Tracer* tracer() { return tracing_ == nullptr ? nullptr : &tracing_->tracer(); }

    Result<Done> open_outgoing() {
        alipay_http_ = std::make_unique<transport::CurlClient>(transport::CurlClient::Options{});
        alipay_ = std::make_unique<AlipayClient>(settings_.alipay, *alipay_http_, seams_.clock,
                                                 seams_.entropy, seams_.log);
        alipay_->fetch_certificates(certificates_);
        clock_watch_ = std::make_unique<ClockWatch>(seams_.log);
        alipay_->watch_clock(*clock_watch_);
        if (tracing_ != nullptr) alipay_->trace(tracing_->tracer());
        TOLLGATE_TRY(deliveries_, Deliveries::open(settings_, apps_.ids(),
                                                   {.writer = *writer_,
                                                    .clock = seams_.clock,
                                                    .random = seams_.random,
                                                    .entropy = seams_.entropy,
                                                    .log = seams_.log,
                                                    .published = [this] { published(); },
                                                    .tracer = tracer()}));
        writer_->on_events([this] { deliveries_->hint(); });
        reconcile_ = std::make_unique<reconcile::ReconcileService>(
            settings_, reconcile::ReconcileService::Seams{.apps = apps_,
                                                          .store = *store_,
                                                          .writer = *writer_,
                                                          .alipay = *alipay_,
                                                          .http = *alipay_http_,
                                                          .clock = seams_.clock,
                                                          .entropy = seams_.entropy,
                                                          .log = seams_.log});
        create_ = std::make_unique<CreatePayment>(
            apps_,
            CreateSettings{.public_base_url = settings_.public_door.base_url,
                           .call_lease = settings_.alipay.total_timeout * kCreateCallsMax +
                                         milliseconds(5'000)},
            CreateSeams{.store = *store_,
                        .writer = *writer_,
                        .alipay = *alipay_,
                        .clock = seams_.clock,
                        .random = seams_.random,
                        .entropy = seams_.entropy,
                        .log = seams_.log,
                        .guard = guard_.get(),
                        .tracer = tracer()});
        errands_ = std::make_unique<TradeErrands>(
            apps_,
            ErrandSettings{.lease = errand_time(),
                           .calls_per_second = settings_.sweeps.calls_per_second,
                           .in_flight_max = settings_.sweeps.in_flight_max},
            ErrandSeams{.writer = *writer_,
                        .alipay = *alipay_,
                        .create = *create_,
                        .clock_watch = *clock_watch_,
                        .clock = seams_.clock,
                        .random = seams_.random,
                        .entropy = seams_.entropy,
                        .log = seams_.log,
                        .wake = [this] { signal_.hurry(); }});
        const RefundErrandSeams seams{
            *writer_,      *alipay_,       *clock_watch_, seams_.clock,
            seams_.random, seams_.entropy, seams_.log,    [this] { signal_.hurry(); }};
        refund_errands_ = std::make_unique<RefundErrands>(apps_, lease(), seams);
        preauth_errands_ = std::make_unique<PreauthErrands>(apps_, lease(), seams);
        return Done{};
    }

    // Longer than one call can take, and than all of query, close or cancel, query.
    milliseconds lease() const { return settings_.alipay.total_timeout + milliseconds(5'000); }
    milliseconds errand_time() const {
        return settings_.alipay.total_timeout * kErrandCallsMax + milliseconds(5'000);
    }

    transport::Listener public_listener() {
        auto listener = listener_of("public", settings_.public_door);
        listener.refusal = public_refusal;
        // Payments name the first; the second is the application gateway that the console asks for,
        // where messages come.
        for (const char* door : {"/alipay/{app}/notify", "/alipay/{app}/gateway"}) {
            listener.router.add("POST", door, [this](ServerRequest& request, Ticket ticket) {
                inbox_->notify(request, std::move(ticket));
            });
        }
        listener.router.add("GET", "/alipay/{app}/return",
                            [this](ServerRequest& request, Ticket ticket) {
                                return_page_->get(request, std::move(ticket));
                            });
        return listener;
    }

    ApiSeams api_seams() {
        return {.callers = callers_,
                .store = *store_,
                .writer = *writer_,
                .clock = seams_.clock,
                .entropy = seams_.entropy,
                .log = seams_.log,
                .on_change = [this] { deliveries_->hint(); },
                .tracer = tracer()};
    }

    Result<Done> open_apis() {
        TOLLGATE_TRY(order_api_,
                     OrderApi::make(api_seams(), {.settings = settings_,
                                                  .apps = apps_,
                                                  .random = seams_.random,
                                                  .alipay = *alipay_,
                                                  .create = *create_,
                                                  .errands = *errands_,
                                                  .refund_errands = *refund_errands_,
                                                  .preauth_errands = *preauth_errands_,
                                                  .guard = guard_.get(),
                                                  .errand_time = errand_time(),
                                                  .call_lease = lease(),
                                                  .wake = [this] { signal_.hurry(); }}));
        std::vector<config::Problem> problems;  // check_settings() has found none.
        console_ = operate::Console::make(settings_, api_seams(), apps_, *alipay_http_, problems);
        order_api_->add_routes(console_->order_routes());
        return Done{};
    }

    Result<Done> open_listeners() {
        return_page_ = std::make_unique<ReturnPage>(apps_, *store_, seams_.log, seams_.clock);
        TOLLGATE_DO(open_apis());
        health_ = std::make_unique<Health>(*writer_, *guard_);

        auto api = listener_of("api", settings_.api);
        api.refusal = api_refusal;
        api.limits.ticket_time =
            std::max<milliseconds>(errand_time() + kApiTicketMargin, EventApi::kWaitMax * 2);
        order_api_->add_routes(api.router);

        auto operator_door = listener_of("operator", settings_.operator_door);
        operator_door.refusal = api_refusal;
        operator_door.limits.ticket_time = api.limits.ticket_time;
        health_->add_routes(operator_door.router);
        metrics_ = std::make_unique<metrics::Metrics>(
            metrics::Sources{*store_, *writer_, apps_, *inbox_, *rejects_, *deliveries_, *alipay_,
                             *errands_, *refund_errands_, seams_.clock, seams_.log, tracer()});
        metrics_->add_routes(operator_door.router);
        openapi::add_routes(operator_door.router);
        console_->add_routes(operator_door.router);

        std::vector<transport::Listener> listeners;
        listeners.push_back(public_listener());
        listeners.push_back(std::move(api));
        listeners.push_back(std::move(operator_door));
        TOLLGATE_TRY(front_,
                     transport::Front::open(std::move(listeners), {.clock = seams_.clock,
                                                                   .entropy = seams_.entropy,
                                                                   .log = seams_.log,
                                                                   .tracer = tracer()}));
        metrics_->watch(*front_);
        writer_->around_outcomes([this](const auto& tell) { front_->gather_answers(tell); });
        writer_->expect_more([this] { return front_->is_busy(); });
        return Done{};
    }

    void run_writer() {
        while (!stop_writer_ || writer_->health().waiting > 0) {
            if (!writer_->wait(kLoopWait)) continue;
            const auto done = writer_->run_once();
            if (done) continue;
            seams_.on_fatal(done.error().message());
            return;
        }
    }

    void run_checkpointer() {
        LedgerUpkeep upkeep(*store_, clock_,
                            {.published = [this] { order_api_->events().published(); },
                             .to_deliver = [this] { deliveries_->hint(); }},
                            seams_.log);
        do {
            if (const auto done = upkeep.run_once(); !done) {
                seams_.on_fatal(done.error().message());
                return;
            }
            retention_->turn_partitions();
            guard_->run_once();
        } while (!signal_.wait(LedgerUpkeep::kBeat));
    }

    // Other gateways hear that there are events to show, and we of theirs.
    void run_hints() {
        while (!signal_.stopping()) {
            if (store_->hints()->run_once(kLoopWait)) order_api_->events().published();
        }
    }

    void published() {
        order_api_->events().published();
        if (store_->hints() != nullptr) store_->hints()->tell();
    }

    void run_alipay() {
        while (!signal_.stopping() || alipay_http_->in_flight() > 0) {
            alipay_http_->run_once(kLoopWait);
            if (signal_.stopping() && signal_.past_deadline()) alipay_http_->cancel_all();
        }
    }

    void run_timer() {
        auto next_beat = seams_.clock.monotonic();
        while (!signal_.wait_or_hurry(kTimerBeat)) {
            order_api_->events().run_once();
            errands_->run_ready();
            refund_errands_->run_ready(kErrandsAtOnce);
            preauth_errands_->run_ready(kErrandsAtOnce);
            // Whoever waits for events may be served between two beats.
            if (seams_.clock.monotonic() < next_beat) continue;
            next_beat = seams_.clock.monotonic() + kTimerBeat;
            rejects_->run_once(kExplainedABeat);
            if (beats_ % 5 == 0) errands_->run_once(kErrandsAtOnce);
            if (beats_ % 5 == 2) refund_errands_->run_once(kErrandsAtOnce);
            if (beats_ % 5 == 4) preauth_errands_->run_once(kErrandsAtOnce);
            retention_->run_once();
            if (++beats_ % 10 != 0) continue;
            sweep_expired_keys(*writer_, seams_.clock.now(), kExpiredKeysASecond);
            // A ledger that could not write is asked again, so that readiness comes back by itself.
            if (writer_->health().write_failing) try_writing(*writer_, seams_.clock.now());
        }
    }

    const config::Settings settings_;
    ledger::EngineClock clock_;
    ServiceSeams seams_;
    StopSignal signal_;
    callbacks::Apps apps_;
    AlipayCertificates certificates_;
    const Callers callers_;
    const std::unique_ptr<traces::Tracing> tracing_;  // Null: nobody wants traces.

    // In the order in which they know each other; destroyed the other way round.
    std::unique_ptr<ledger::Store> store_;
    std::unique_ptr<transport::CurlClient> alipay_http_;
    std::unique_ptr<ledger::Writer> writer_;
    std::unique_ptr<LedgerGuard> guard_;
    std::unique_ptr<callbacks::Rejects> rejects_;
    std::unique_ptr<callbacks::Inbox> inbox_;
    std::unique_ptr<Retention> retention_;
    std::unique_ptr<ClockWatch> clock_watch_;
    std::unique_ptr<AlipayClient> alipay_;
    std::unique_ptr<Deliveries> deliveries_;
    std::unique_ptr<reconcile::ReconcileService> reconcile_;
    std::unique_ptr<CreatePayment> create_;
    std::unique_ptr<TradeErrands> errands_;
    std::unique_ptr<RefundErrands> refund_errands_;
    std::unique_ptr<PreauthErrands> preauth_errands_;
    std::unique_ptr<OrderApi> order_api_;
    std::unique_ptr<operate::Console> console_;
    std::unique_ptr<ReturnPage> return_page_;
    std::unique_ptr<Health> health_;
    std::unique_ptr<metrics::Metrics> metrics_;
    std::unique_ptr<transport::Front> front_;

    std::atomic<bool> stop_writer_ = false;
    bool stopped_ = false;
    std::int64_t beats_ = 0;  // The timer's.
    Threads threads_;
    Threads workers_;
};

}  // namespace

void check_settings(const config::Settings& settings, std::vector<config::Problem>& problems) {
    static_cast<void>(callbacks::Apps::from(settings.apps, problems));
    Deliveries::check(settings, problems);
    if (settings.console) static_cast<void>(operate::People::of(*settings.console, problems));
}

Result<std::unique_ptr<Service>> Service::start(config::Settings settings, ServiceSeams seams,
                                                std::vector<config::Problem>& problems) {
    auto apps = callbacks::Apps::from(settings.apps, problems);
    Deliveries::check(settings, problems);
    if (settings.console) static_cast<void>(operate::People::of(*settings.console, problems));
    if (!apps || !problems.empty()) {
        return Error(ErrorCode::invalid_argument, "the settings cannot be used");
    }
    auto service =
        std::make_unique<RunningService>(std::move(settings), std::move(seams), *std::move(apps));
    TOLLGATE_DO(service->open());
    TOLLGATE_DO(service->start_threads());
    return std::unique_ptr<Service>(std::move(service));
}

}  // namespace tollgate::gateway
