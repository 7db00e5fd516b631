#include <utility>

#include "config/delivery_rules.h"
#include "signing/digest.h"
#include "tests/simulation/gateway_process.h"

// How one life of the gateway begins: its parts, put together as service.cpp does.
namespace tollgate::simulation {
namespace {

using std::chrono::milliseconds;

std::vector<config::CallerSettings> callers() {
    return {{.id = "orders",
             .key_sha256 = {signing::sha256_hex(kCallerKey)},
             .apps = {"shop"},
             .rights = {"create", "read", "close", "refund", "redeliver", "operate"}}};
}

std::vector<ledger::Outbox::Configured> endpoints() {
    config::DeliveryRules rules;
    rules.timeout = milliseconds(10'000);
    return {{.id = "orders",
             .plan = {.url = std::string(kEventsUrl), .rules = config::to_json(rules).dump()}}};
}

callbacks::EndpointKeys endpoint_keys() {
    callbacks::EndpointKeys keys;
    keys["orders"].push_back(*signing::WebhookKey::parse(kWebhookSecret));
    return keys;
}

}  // namespace

Result<Done> GatewayProcess::open() {
    TOLLGATE_TRY(store_,
                 ledger::open_sqlite_store({.file = seams_.ledger_file,
                                            .wal_restart_bytes = seams_.speed.wal_restart_bytes,
                                            .cache_kib = seams_.speed.cache_kib,
                                            .vfs = seams_.vfs.name()},
                                           seams_.clock));
    TOLLGATE_TRY(auto connection, store_->write_connection());
    writer_ = std::make_unique<ledger::Writer>(std::move(connection), ledger::Writer::Options{},
                                               seams_.log);
    rejects_ = std::make_unique<callbacks::Rejects>(
        callbacks::Rejects::Options{.kept_max = 50, .per_second = 1}, *writer_, seams_.clock,
        seams_.log);
    inbox_ = std::make_unique<callbacks::Inbox>(seams_.apps,
                                                callbacks::InboxSeams{.writer = *writer_,
                                                                      .rejects = *rejects_,
                                                                      .clock = seams_.clock,
                                                                      .entropy = seams_.entropy,
                                                                      .log = seams_.log});
    open_creation();
    open_apis();
    open_deliveries();
    open_retention();
    add_routes();
    Result<Done> configured = Done{};
    writer_->submit(ledger::make_unit(
        [this](ledger::Books& books) {
            return books.outbox().set_configured_endpoints(endpoints(), seams_.clock.now());
        },
        [&configured](Result<Done> done) { configured = std::move(done); }));
    TOLLGATE_DO(writer_->run_once());
    return configured;
}

void GatewayProcess::open_creation() {
    constexpr config::AlipaySettings kAlipay;
    clock_watch_ = std::make_unique<gateway::ClockWatch>(seams_.log);
    alipay_ = std::make_unique<gateway::AlipayClient>(kAlipay, *http_, seams_.clock, seams_.entropy,
                                                      seams_.log);
    alipay_->watch_clock(*clock_watch_);
    callers_ = std::make_unique<gateway::Callers>(callers(), seams_.clock);
    create_ = std::make_unique<gateway::CreatePayment>(
        seams_.apps,
        gateway::CreateSettings{.public_base_url = "http://pay.example",
                                .call_lease = kAlipay.total_timeout * 3 + milliseconds(5'000)},
        gateway::CreateSeams{.store = *store_,
                             .writer = *writer_,
                             .alipay = *alipay_,
                             .clock = seams_.clock,
                             .random = seams_.random,
                             .entropy = seams_.entropy,
                             .log = seams_.log});
}

void GatewayProcess::open_apis() {
    constexpr config::AlipaySettings kAlipay;
    constexpr milliseconds kErrandTime = kAlipay.total_timeout * 4 + milliseconds(5'000);
    const auto wake = [this] { errands_woken_ = true; };
    errands_ = std::make_unique<gateway::TradeErrands>(
        seams_.apps, gateway::ErrandSettings{.lease = kErrandTime},
        gateway::ErrandSeams{.writer = *writer_,
                             .alipay = *alipay_,
                             .create = *create_,
                             .clock_watch = *clock_watch_,
                             .clock = seams_.clock,
                             .random = seams_.random,
                             .entropy = seams_.entropy,
                             .log = seams_.log,
                             .wake = wake});
    const gateway::RefundErrandSeams seams{.writer = *writer_,
                                           .alipay = *alipay_,
                                           .clock_watch = *clock_watch_,
                                           .clock = seams_.clock,
                                           .random = seams_.random,
                                           .entropy = seams_.entropy,
                                           .log = seams_.log,
                                           .wake = wake};
    refund_errands_ = std::make_unique<gateway::RefundErrands>(
        seams_.apps, kAlipay.total_timeout + milliseconds(5'000), seams);
    preauth_errands_ = std::make_unique<gateway::PreauthErrands>(
        seams_.apps, kAlipay.total_timeout * 3 + milliseconds(5'000), seams);
    const gateway::ApiSeams api{.callers = *callers_,
                                .store = *store_,
                                .writer = *writer_,
                                .clock = seams_.clock,
                                .entropy = seams_.entropy,
                                .log = seams_.log,
                                .on_change = [this] { deliverer_->hint(); }};
    replacing_ = std::make_unique<gateway::Replacing>(api, seams_.random, *create_, *errands_);
    api_ = std::make_unique<gateway::PaymentApi>(*callers_, *create_, *replacing_, *errands_,
                                                 *store_, seams_.clock, seams_.log);
    ending_api_ = std::make_unique<gateway::EndingApi>(api, seams_.apps, seams_.random, *errands_,
                                                       kErrandTime);
    refund_api_ =
        std::make_unique<gateway::RefundApi>(api, seams_.apps, *refund_errands_, kErrandTime);
    difference_api_ = std::make_unique<gateway::DifferenceApi>(api, seams_.apps);
    preauth_api_ = std::make_unique<gateway::PreauthApi>(
        api, seams_.apps, *alipay_, seams_.random, *preauth_errands_,
        gateway::PreauthSettings{.public_base_url = "http://pay.example",
                                 .call_lease = kAlipay.total_timeout * 3 + milliseconds(5'000)});
}

void GatewayProcess::open_deliveries() {
    carrier_ = std::make_unique<callbacks::HttpCarrier>(*http_, seams_.clock, nullptr);
    deliverer_ = std::make_unique<callbacks::Deliverer>(
        endpoint_keys(), callbacks::DelivererSettings{.apps = seams_.apps.ids()},
        callbacks::DelivererSeams{.writer = *writer_,
                                  .clock = seams_.clock,
                                  .random = seams_.random,
                                  .entropy = seams_.entropy,
                                  .log = seams_.log,
                                  .carrier_of = [this](const ledger::Endpoint&)
                                      -> callbacks::Carrier& { return *carrier_; },
                                  .wake = [this] { deliverer_woken_ = true; },
                                  .published = nullptr});
    writer_->on_events([this] { deliverer_->hint(); });
}

void GatewayProcess::open_retention() {
    if (!seams_.kept) return;
    constexpr std::chrono::hours kDay{24};
    retention_clock_ = std::make_unique<ClockAhead>(seams_.clock, kDay - *seams_.kept);
    retention_ = std::make_unique<gateway::Retention>(
        config::RetentionSettings{.bodies_days = 1, .events_days = 1},
        gateway::Retention::Seams{
            .store = *store_, .writer = *writer_, .clock = *retention_clock_, .log = seams_.log});
}

void GatewayProcess::add_routes() {
    preauth_api_->add_routes(router_);
    api_->add_routes(router_);
    ending_api_->add_routes(router_);
    refund_api_->add_routes(router_);
    difference_api_->add_routes(router_);
    router_.add("POST", "/alipay/{app}/notify",
                [this](transport::ServerRequest& request, transport::Ticket ticket) {
                    inbox_->notify(request, std::move(ticket));
                });
}

}  // namespace tollgate::simulation
