#include "tests/simulation/gateway_process.h"

#include <algorithm>
#include <utility>

namespace tollgate::simulation {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{1'000};
constexpr milliseconds kIdleWaitMax{120'000};
// How often the product's timer looks for payments and refunds that are due.
constexpr milliseconds kSweepBeat{500};
constexpr int kErrandsAtOnce = 256;
// A pass of the retention is over after so many; a longer one goes on with the next beat.
constexpr int kRetentionSteps = 4;

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
      due_look_(seams_.ledger_file, seams_.vfs.name()),
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
    // Under a lease nothing is due before that ends.
    const auto due = due_look_.next(seams_.clock.now() + kTick);
    if (!due) return;
    const milliseconds wait = *due - seams_.clock.now();
    if (wait <= milliseconds(0)) return sweep();
    seams_.world.after(wait, [this, dead = dead_, number = ++sweep_plan_] {
        if (!*dead && number == sweep_plan_) sweep();
    });
}

void GatewayProcess::sweep() {
    if (seams_.doom.touch(Touch::step)) return die("between two steps");
    errands_->run_once(kErrandsAtOnce);
    refund_errands_->run_once(kErrandsAtOnce);
    preauth_errands_->run_once(kErrandsAtOnce);
    // What is still due then, for want of room or because a lease is on it, has its turn later.
    ledger_has_changed_ = true;
}

void GatewayProcess::run_errands() {
    errands_->run_ready();
    refund_errands_->run_ready(kErrandsAtOnce);
    preauth_errands_->run_ready(kErrandsAtOnce);
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
    const auto done = store_->checkpoint();
    if (!done && done.error().code() == ErrorCode::data_corruption) {
        die("exit 70: " + done.error().message());
    }
}

void GatewayProcess::explain() {
    rejects_->run_once(4);
}

void GatewayProcess::retain() {
    retention_->run_once();
    if (--retention_steps_left_ > 0) plan(kTick, &GatewayProcess::retain);
}

// What service.cpp's timer does.
void GatewayProcess::tick() {
    if (retention_ != nullptr && std::exchange(retention_steps_left_, kRetentionSteps) == 0) {
        plan(kTick, &GatewayProcess::retain);
    }
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
