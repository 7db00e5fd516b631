#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "callbacks/app.h"
#include "callbacks/deliverer.h"
#include "callbacks/http_carrier.h"
#include "callbacks/inbox.h"
#include "callbacks/rejects.h"
#include "config/settings.h"
#include "gateway/alipay_client.h"
#include "gateway/callers.h"
#include "gateway/clock_watch.h"
#include "gateway/create_payment.h"
#include "gateway/difference_api.h"
#include "gateway/ending_api.h"
#include "gateway/payment_api.h"
#include "gateway/preauth_api.h"
#include "gateway/preauth_errands.h"
#include "gateway/refund_api.h"
#include "gateway/refund_errands.h"
#include "gateway/replacing.h"
#include "gateway/retention.h"
#include "gateway/trade_errands.h"
#include "ledger/sqlite_store.h"
#include "ledger/writer.h"
#include "tests/simulation/doom.h"
#include "tests/simulation/due_look.h"
#include "tests/simulation/memory_vfs.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"
#include "transport/router.h"

namespace tollgate::simulation {

inline constexpr std::string_view kCallerKey = "tg_live_0123456789abcdefghijklmnop";
inline constexpr std::string_view kWebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
inline constexpr std::string_view kEventsUrl = "http://orders.example/events";

// How fast this run's machine is.
struct MachineSpeed {
    std::chrono::milliseconds commit{5};  // From the first unit in line to the batch's COMMIT.
    std::chrono::milliseconds checkpoint_beat{250};
    std::int64_t wal_restart_bytes = std::int64_t{16} * 1024 * 1024;
    // The writer's. A batch that does not fit goes to the log before its COMMIT.
    std::int64_t cache_kib = std::int64_t{4} * 1024;
};

// One life of the gateway: the real objects of the product, put together as service.cpp does, with
// steps on the world's agenda where that has threads. Begins from what is on the disk, ends by
// die() at any moment: from then on nothing that it does is seen outside.
class GatewayProcess {
public:
    struct Seams {
        World& world;
        Trace& trace;
        Network& network;
        MemoryVfs& vfs;
        MachineClock& clock;
        Doom& doom;
        Random& random;
        Entropy& entropy;
        Log& log;
        const callbacks::Apps& apps;
        // Where a request of ours goes, by its URL.
        std::function<Network::Server(const std::string& url)> server_of;
        std::string ledger_file;
        MachineSpeed speed;
        // How long what Alipay sent and what the order system was told is kept; nothing: for ever.
        std::optional<std::chrono::milliseconds> kept;
    };

    explicit GatewayProcess(Seams seams);
    GatewayProcess(const GatewayProcess&) = delete;
    GatewayProcess& operator=(const GatewayProcess&) = delete;
    ~GatewayProcess();

    // Opens the ledger and everything above it. An error is the end of this life, as it is of a
    // real process that cannot start.
    Result<Done> start();

    // A request has arrived at one of the listeners.
    void receive(transport::ServerRequest request, Network::Answer answer);

    // After each step of the world: plans the work that has come up meanwhile.
    void look();

    // The machine's clock is no longer what it was: what is due may be another.
    void clock_has_jumped() { ledger_has_changed_ = true; }

    void die(std::string_view why);
    bool dead() const { return *dead_; }
    const std::string& why_dead() const { return why_dead_; }

    // Nothing that the product would do by itself is due before then.
    bool nothing_due_until(Timestamp until) { return due_look_.nothing_until(until); }

    ledger::Writer& writer() { return *writer_; }

private:
    class Outgoing;
    class Office;

    Result<Done> open();
    void open_creation();
    void open_apis();
    void open_deliveries();
    void open_retention();
    void add_routes();
    // Plans a step of this life; none is taken after its end.
    void plan(std::chrono::milliseconds wait, void (GatewayProcess::*step)());
    void plan_deliverer(std::chrono::milliseconds wait);
    void plan_sweep();
    void look_for_due();
    void sweep();
    void run_errands();
    void write();
    void deliver();
    void checkpoint();
    void explain();
    void retain();
    void tick();

    Seams seams_;
    // Shared with what is still on the agenda when this is gone.
    std::shared_ptr<bool> dead_ = std::make_shared<bool>(false);
    std::string why_dead_;
    bool write_planned_ = false;
    std::uint64_t rejects_seen_ = 0;
    int retention_steps_left_ = 0;
    bool checkpoint_planned_ = false;
    std::uint64_t delivery_plan_ = 0;  // Only the latest one counts.
    bool deliverer_woken_ = false;
    bool errands_woken_ = false;
    std::uint64_t sweep_plan_ = 0;  // Only the latest one counts.
    bool ledger_has_changed_ = false;
    bool look_planned_ = false;
    std::chrono::milliseconds idle_wait_{0};
    std::uint64_t requests_ = 0;

    DueLook due_look_;
    std::unique_ptr<transport::HttpClient> http_;
    std::shared_ptr<Office> office_;
    std::unique_ptr<ledger::Store> store_;
    std::unique_ptr<ledger::Writer> writer_;
    std::unique_ptr<callbacks::Rejects> rejects_;
    std::unique_ptr<callbacks::Inbox> inbox_;
    std::unique_ptr<gateway::ClockWatch> clock_watch_;
    std::unique_ptr<gateway::AlipayClient> alipay_;
    std::unique_ptr<gateway::Callers> callers_;
    std::unique_ptr<gateway::CreatePayment> create_;
    std::unique_ptr<gateway::TradeErrands> errands_;
    std::unique_ptr<gateway::RefundErrands> refund_errands_;
    std::unique_ptr<gateway::PreauthErrands> preauth_errands_;
    std::unique_ptr<gateway::Replacing> replacing_;
    std::unique_ptr<gateway::PaymentApi> api_;
    std::unique_ptr<gateway::EndingApi> ending_api_;
    std::unique_ptr<gateway::RefundApi> refund_api_;
    std::unique_ptr<gateway::DifferenceApi> difference_api_;
    std::unique_ptr<gateway::PreauthApi> preauth_api_;
    std::unique_ptr<callbacks::HttpCarrier> carrier_;
    std::unique_ptr<callbacks::Deliverer> deliverer_;
    std::unique_ptr<ClockAhead> retention_clock_;
    std::unique_ptr<gateway::Retention> retention_;
    transport::Router router_;
};

}  // namespace tollgate::simulation
