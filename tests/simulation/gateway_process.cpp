#include "tests/simulation/gateway_process.h"

#include <algorithm>
#include <utility>

#include "config/delivery_rules.h"
#include "signing/digest.h"

namespace tollgate::simulation {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1'000};
constexpr milliseconds kIdleWaitMax{120'000};
// How often the product's timer looks for payments and refunds that are due.
constexpr milliseconds kSweepBeat{500};
constexpr int kErrandsAtOnce = 256;

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

// The product's way out. What it sends leaves at once, unless it dies in that moment; what comes
// back after its death meets nobody.
class GatewayProcess::Outgoing final : public transport::HttpClient {
public:
    explicit Outgoing(GatewayProcess& process) : process_(process) {}

    void start(transport::ClientRequest request, Completion done) override {
        Seams& seams = process_.seams_;
        if (process_.dead()) return;
        if (seams.doom.touch(Touch::message)) return process_.die("before a request left");
        const std::string url = request.url.substr(0, request.url.find('?'));
        auto server = seams.server_of(url);
        seams.network.exchange(
            "out " + url, std::move(request), std::move(server),
            [dead = process_.dead_, done = std::move(done)](Result<Network::Reply> reply) {
                if (!*dead) done(std::move(reply));
            });
        if (seams.doom.touch(Touch::message)) process_.die("after a request left");
    }

private:
    GatewayProcess& process_;
};

// Where its answers leave.
class GatewayProcess::Office final : public transport::TicketOffice {
public:
    explicit Office(GatewayProcess& process) : process_(process) {}

    std::uint64_t add(Network::Answer answer) {
        waiting_[++last_] = std::move(answer);
        return last_;
    }
    void complete(std::uint64_t ticket, transport::ServerResponse response) override {
        const auto found = waiting_.find(ticket);
        if (found == waiting_.end()) return;
        const Network::Answer answer = std::move(found->second);
        waiting_.erase(found);
        if (process_.dead()) return;
        Doom& doom = process_.seams_.doom;
        if (doom.touch(Touch::message)) return process_.die("before an answer left");
        answer({.status = response.status,
                .headers = std::move(response.headers),
                .body = std::move(response.body)});
        if (doom.touch(Touch::message)) process_.die("after an answer left");
    }

private:
    GatewayProcess& process_;
    std::map<std::uint64_t, Network::Answer> waiting_;
    std::uint64_t last_ = 0;
};

GatewayProcess::GatewayProcess(Seams seams)
    : seams_(std::move(seams)),
      http_(std::make_unique<Outgoing>(*this)),
      office_(std::make_shared<Office>(*this)) {}

// The disk is frozen first: what the parts do as they go must not reach it.
GatewayProcess::~GatewayProcess() {
    die("the end of the run");
    // Whatever is left is answered, to nobody, while everything that it touches still lives.
    if (writer_ != nullptr) writer_->close();
}

void GatewayProcess::die(std::string_view why) {
    if (*dead_) return;
    *dead_ = true;
    why_dead_ = why;
    seams_.vfs.disk().freeze();
}

Result<Done> GatewayProcess::start() {
    auto opened = open();
    if (!opened) {
        die("it could not start: " + opened.error().message());
        return opened;
    }
    if (dead()) return Error(ErrorCode::unavailable, "it died as it started");
    plan(kTick, &GatewayProcess::tick);
    plan_deliverer(milliseconds(0));
    ledger_has_changed_ = true;
    return Done{};
}

Result<Done> GatewayProcess::open() {
    TOLLGATE_TRY(store_,
                 ledger::open_sqlite_store({.file = seams_.ledger_file,
                                            .wal_restart_bytes = seams_.speed.wal_restart_bytes,
                                            .cache_kib = 4 * 1024,
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
    refund_errands_ = std::make_unique<gateway::RefundErrands>(
        seams_.apps, kAlipay.total_timeout + milliseconds(5'000),
        gateway::RefundErrandSeams{.writer = *writer_,
                                   .alipay = *alipay_,
                                   .clock_watch = *clock_watch_,
                                   .clock = seams_.clock,
                                   .random = seams_.random,
                                   .entropy = seams_.entropy,
                                   .log = seams_.log,
                                   .wake = wake});
    const gateway::ApiSeams api{.callers = *callers_,
                                .store = *store_,
                                .writer = *writer_,
                                .clock = seams_.clock,
                                .entropy = seams_.entropy,
                                .log = seams_.log,
                                .on_change = [this] { deliverer_->hint(); }};
    replacing_ =
        std::make_unique<gateway::Replacing>(api, seams_.apps, seams_.random, *create_, *errands_);
    api_ = std::make_unique<gateway::PaymentApi>(*callers_, *create_, *replacing_, *errands_,
                                                 *store_, seams_.clock, seams_.log);
    ending_api_ = std::make_unique<gateway::EndingApi>(api, seams_.apps, seams_.random, *errands_,
                                                       kErrandTime);
    refund_api_ =
        std::make_unique<gateway::RefundApi>(api, seams_.apps, *refund_errands_, kErrandTime);
    difference_api_ = std::make_unique<gateway::DifferenceApi>(api, seams_.apps);
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

void GatewayProcess::add_routes() {
    api_->add_routes(router_);
    ending_api_->add_routes(router_);
    refund_api_->add_routes(router_);
    difference_api_->add_routes(router_);
    router_.add("POST", "/alipay/{app}/notify",
                [this](transport::ServerRequest& request, transport::Ticket ticket) {
                    inbox_->notify(request, std::move(ticket));
                });
}

void GatewayProcess::receive(transport::ServerRequest request, Network::Answer answer) {
    request.request_id = "req-" + std::to_string(++requests_);
    request.remote_address = "192.0.2.1";
    const auto match = router_.match(request.method, request.path);
    TOLLGATE_CHECK(match.outcome == transport::Router::Outcome::found);
    request.captures = match.captures;
    transport::Ticket ticket(office_, office_->add(std::move(answer)));
    (*match.handler)(request, std::move(ticket));
}

void GatewayProcess::look() {
    if (*dead_) return;
    if (!write_planned_ && writer_->health().waiting > 0) {
        write_planned_ = true;
        plan(seams_.speed.commit, &GatewayProcess::write);
    }
    if (const auto noted = rejects_->counters().noted; noted > rejects_seen_) {
        rejects_seen_ = noted;
        plan(kTick, &GatewayProcess::explain);
    }
    if (std::exchange(deliverer_woken_, false)) {
        idle_wait_ = milliseconds(0);
        plan_deliverer(milliseconds(1));
    }
    if (std::exchange(errands_woken_, false)) plan(milliseconds(1), &GatewayProcess::run_errands);
    if (std::exchange(ledger_has_changed_, false)) plan_sweep();
}

void GatewayProcess::plan(milliseconds wait, void (GatewayProcess::*step)()) {
    seams_.world.after(wait, [this, dead = dead_, step] {
        if (*dead) return;
        if (seams_.doom.touch(Touch::step)) return die("between two steps");
        (this->*step)();
    });
}

void GatewayProcess::plan_deliverer(milliseconds wait) {
    seams_.world.after(wait, [this, dead = dead_, number = ++delivery_plan_] {
        if (!*dead && number == delivery_plan_) deliver();
    });
}

// The product's timer looks twice a second, and most of the time finds nothing. Only the looks that
// find something are made here: else days of waiting would be nothing but looks.
void GatewayProcess::plan_sweep() {
    if (std::exchange(look_planned_, true)) return;
    seams_.world.after(kSweepBeat, [this, dead = dead_] {
        if (*dead) return;
        look_planned_ = false;
        look_for_due();
    });
}

void GatewayProcess::look_for_due() {
    const auto due = next_due();
    if (!due) return;
    const milliseconds wait = *due - seams_.clock.now();
    if (wait <= milliseconds(0)) return sweep();
    seams_.world.after(wait, [this, dead = dead_, number = ++sweep_plan_] {
        if (!*dead && number == sweep_plan_) sweep();
    });
}

std::optional<Timestamp> GatewayProcess::next_due() {
    if (!due_) {
        auto db = Database::open(seams_.ledger_file, Database::Mode::read_only, seams_.vfs.name());
        if (!db) return seams_.clock.now() + kTick;
        due_db_ = *std::move(db);
        auto select = due_db_->prepare(
            "SELECT min(due) FROM ("
            "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) AS due FROM payment"
            " WHERE next_sweep_ms <= ?1 UNION ALL "
            "SELECT min(next_sweep_ms) FROM payment WHERE next_sweep_ms > ?1 UNION ALL "
            "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) FROM refund"
            " WHERE next_sweep_ms IS NOT NULL UNION ALL "
            "SELECT min(max(next_sweep_ms, coalesce(calling_until_ms, 0))) FROM refund_report"
            " WHERE next_sweep_ms IS NOT NULL)");
        if (!select) return seams_.clock.now() + kTick;
        due_ = *std::move(select);
    }
    // Under a lease nothing is due before that ends.
    due_->again().bind(1, (seams_.clock.now() + kTick).ms);
    const auto row = due_->step();
    std::optional<Timestamp> due;
    if (row && *row && !due_->is_null(0)) due = Timestamp{due_->integer(0)};
    due_->again();
    return due;
}

void GatewayProcess::sweep() {
    if (seams_.doom.touch(Touch::step)) return die("between two steps");
    errands_->run_once(kErrandsAtOnce);
    refund_errands_->run_once(kErrandsAtOnce);
    // What is still due then, for want of room or because a lease is on it, has its turn later.
    ledger_has_changed_ = true;
}

void GatewayProcess::run_errands() {
    errands_->run_ready();
    refund_errands_->run_ready(kErrandsAtOnce);
}

void GatewayProcess::write() {
    write_planned_ = false;
    const auto done = writer_->run_once();
    if (!done) return die("exit 70: " + done.error().message());
    ledger_has_changed_ = true;
    if (checkpoint_planned_) return;
    checkpoint_planned_ = true;
    plan(seams_.speed.checkpoint_beat, &GatewayProcess::checkpoint);
}

void GatewayProcess::deliver() {
    const milliseconds wait = deliverer_->run_once();
    // A second is the longest that it asks for, however long nothing is due. To wait longer than
    // asked is what a busy machine does, too, and days of nothing are over sooner.
    idle_wait_ = wait < kTick ? wait : std::min(std::max(wait, idle_wait_ * 2), kIdleWaitMax);
    plan_deliverer(idle_wait_);
}

void GatewayProcess::checkpoint() {
    checkpoint_planned_ = false;
    static_cast<void>(store_->checkpoint());
}

void GatewayProcess::explain() {
    rejects_->run_once(4);
}

// What service.cpp's timer does.
void GatewayProcess::tick() {
    writer_->submit(ledger::make_unit(
        [now = seams_.clock.now()](ledger::Books& books) {
            return books.drop_expired_idempotency(now, 1'000);
        },
        [](const Result<Done>& /*tried_again_later*/) {}));
    if (writer_->health().write_failing) {
        writer_->submit(ledger::make_unit(
            [now = seams_.clock.now()](ledger::Books& books) { return books.beat(now); },
            [](const Result<Done>& /*the_writer_knows*/) {}));
        return plan(kTick, &GatewayProcess::tick);
    }
    plan(std::chrono::minutes(10), &GatewayProcess::tick);
}

}  // namespace tollgate::simulation
