#include "sandbox/sandbox.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "sandbox/alipay_desk.h"
#include "sandbox/shop.h"
#include "transport/curl_client.h"
#include "transport/front.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kWorkers = 2;
constexpr std::size_t kAttemptsAtOnceMax = 200;
constexpr milliseconds kNetworkWait{200};
constexpr milliseconds kTimerWaitMax{100};
constexpr milliseconds kPatience{2'000};
// Longer than any fault may hold an answer back, which is a week; what is never answered waits for
// its caller to give up.
constexpr std::chrono::hours kTicketTime{8 * 24};

// The pretend Alipay's clock, which may be wrong on purpose.
class SkewedClock final : public Clock {
public:
    explicit SkewedClock(Clock& clock) : clock_(clock) {}

    // Set before the first request; null: no skew.
    void follow(const FaultBox* faults) { faults_ = faults; }
    Timestamp now() override {
        const Timestamp now = clock_.now();
        return faults_ == nullptr ? now : now + faults_->clock_offset();
    }
    std::chrono::nanoseconds monotonic() override { return clock_.monotonic(); }

private:
    Clock& clock_;
    const FaultBox* faults_ = nullptr;
};

// Lets the timer's thread wait for its next turn, a wake or the end.
class Alarm {
public:
    void wake() {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_all();
    }
    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    // False once it was stopped.
    bool wait(milliseconds longest) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, longest, [this] { return woken_ || stopped_; });
        woken_ = false;
        return !stopped_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    bool stopped_ = false;
};

std::string address_url(const std::string& configured, const config::ListenAddress& listen,
                        int port) {
    if (!configured.empty()) return configured;
    const bool six = listen.address.find(':') != std::string::npos;
    return "http://" + (six ? "[" + listen.address + "]" : listen.address) + ":" +
           std::to_string(port);
}

// Members stand in the order of need: what is used by others is made first and goes last. The
// destructor ends the client's requests while the desk and the shop still live.
class RunningSandbox final : public Sandbox {
public:
    explicit RunningSandbox(SandboxSeams seams)
        : seams_(seams), clock_(seams.clock), client_({.user_agent = "tollgate-sandbox"}) {}
    RunningSandbox(const RunningSandbox&) = delete;
    RunningSandbox& operator=(const RunningSandbox&) = delete;
    ~RunningSandbox() override { client_.cancel_all(); }

    Result<Done> build(const config::SandboxSettings& settings);
    void run() override;
    void stop() override;
    int alipay_port() const override { return front_->port("alipay"); }
    int shop_port() const override { return front_->port("shop"); }

private:
    void drive_client();
    void keep_time();

    SandboxSeams seams_;
    SkewedClock clock_;
    Alarm alarm_;
    std::atomic<bool> client_stopped_ = false;
    std::unique_ptr<AlipayDesk> desk_;
    std::unique_ptr<Shop> shop_;
    transport::CurlClient client_;
    std::unique_ptr<transport::Front> front_;
};

Result<Done> RunningSandbox::build(const config::SandboxSettings& settings) {
    TOLLGATE_TRY(desk_, AlipayDesk::open(settings.alipay, {.clock = clock_,
                                                           .entropy = seams_.entropy,
                                                           .log = seams_.log,
                                                           .http = client_,
                                                           .wake = [this] { alarm_.wake(); }}));
    clock_.follow(&desk_->faults());
    TOLLGATE_TRY(shop_,
                 Shop::open(settings.shop, {.clock = seams_.clock,
                                            .entropy = seams_.entropy,
                                            .log = seams_.log,
                                            .http = client_,
                                            .notified_at = [this](std::string_view out_trade_no) {
                                                return desk_->notification_sent_at(out_trade_no);
                                            }}));
    transport::Listener alipay{.name = "alipay",
                               .address = settings.alipay.listen.address,
                               .port = settings.alipay.listen.port};
    transport::Listener shop{
        .name = "shop", .address = settings.shop.listen.address, .port = settings.shop.listen.port};
    alipay.limits.ticket_time = kTicketTime;
    desk_->add_routes(alipay.router);
    shop_->add_routes(shop.router);
    std::vector<transport::Listener> listeners;
    listeners.push_back(std::move(alipay));
    listeners.push_back(std::move(shop));
    TOLLGATE_TRY(front_, transport::Front::open(
                             std::move(listeners),
                             {.clock = clock_, .entropy = seams_.entropy, .log = seams_.log}));
    desk_->set_base_url(
        address_url(settings.alipay.base_url, settings.alipay.listen, alipay_port()));
    shop_->set_urls(address_url(settings.shop.base_url, settings.shop.listen, shop_port()),
                    desk_->base_url());
    return Done{};
}

// The workers end once the front has drained; only then are the client's last requests ended, so
// that an answer that waits for one of them is still given.
void RunningSandbox::run() {
    std::thread client([this] { drive_client(); });
    std::thread timer([this] { keep_time(); });
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < kWorkers; ++i) {
        workers.emplace_back([this] { front_->run(); });
    }
    for (std::thread& worker : workers) worker.join();
    alarm_.stop();
    timer.join();
    client_stopped_ = true;
    client_.wake();
    client.join();
}

void RunningSandbox::stop() {
    front_->stop(kPatience);
}

void RunningSandbox::drive_client() {
    while (!client_stopped_) client_.run_once(kNetworkWait);
    client_.cancel_all();
}

void RunningSandbox::keep_time() {
    milliseconds wait{0};
    while (alarm_.wait(wait)) {
        static_cast<void>(desk_->run_once(kAttemptsAtOnceMax));
        const auto next = desk_->next_due();
        const auto until = next ? *next - clock_.now() : kTimerWaitMax;
        wait = std::clamp(until, milliseconds(1), kTimerWaitMax);
    }
}

}  // namespace

Result<std::unique_ptr<Sandbox>> Sandbox::open(const config::SandboxSettings& settings,
                                               SandboxSeams seams) {
    auto sandbox = std::make_unique<RunningSandbox>(seams);
    TOLLGATE_DO(sandbox->build(settings));
    return std::unique_ptr<Sandbox>(std::move(sandbox));
}

}  // namespace tollgate::sandbox
