// How long a genuine notification waits for its `success`, alone, beside calls to Alipay that hang,
// and in a flood of forgeries. Prints one JSON object.
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "tests/bench/load.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate::bench {
namespace {

using testing::GatewayWorld;

constexpr int kGenuinePerSecond = 500;
constexpr int kForgedPerSecond = 5'000;

// Payments and the notifications that pay them, made before anything is measured.
class Notifications {
public:
    explicit Notifications(GatewayWorld& world) : world_(world) {}

    void prepare(int count) {
        bodies_.clear();
        std::vector<std::string> numbers;
        for (int i = 0; i < count; ++i) numbers.push_back("B" + std::to_string(next_++));
        bodies_.resize(numbers.size());
        std::vector<std::thread> makers;
        for (std::size_t part = 0; part < 4; ++part) {
            makers.emplace_back([&, part] {
                for (std::size_t i = part; i < numbers.size(); i += 4) {
                    world_.create(GatewayWorld::order(numbers[i]));
                    bodies_[i] = GatewayWorld::signed_body(GatewayWorld::paid(numbers[i]));
                }
            });
        }
        for (auto& maker : makers) maker.join();
    }

    Load load(int seconds) const {
        return {.url = world_.url("public") + "/alipay/shop/notify",
                .per_second = kGenuinePerSecond,
                .seconds = seconds,
                .body = [this](int n) { return bodies_[static_cast<std::size_t>(n)]; },
                .expected = "success"};
    }

private:
    GatewayWorld& world_;
    std::vector<std::string> bodies_;
    int next_ = 0;
};

// Two precreate calls that nobody answers, for as long as this lives.
class HangingCalls {
public:
    explicit HangingCalls(GatewayWorld& world, int round) : world_(world) {
        world.alipay.script([this](const std::string&, const auto&, transport::Ticket ticket) {
            const std::lock_guard lock(mutex_);
            held_.push_back(std::move(ticket));
            arrived_.notify_all();
        });
        for (int i = 0; i < 2; ++i) {
            auto order = GatewayWorld::order("H" + std::to_string(round) + "_" + std::to_string(i));
            order["product"] = "qr";
            callers_.emplace_back([this, order] { world_.create(order); });
        }
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return held_.size() == 2; });
    }
    HangingCalls(const HangingCalls&) = delete;
    HangingCalls& operator=(const HangingCalls&) = delete;
    ~HangingCalls() {
        {
            const std::lock_guard lock(mutex_);
            held_.clear();
        }
        for (auto& caller : callers_) caller.join();
    }

private:
    GatewayWorld& world_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<transport::Ticket> held_;
    std::vector<std::thread> callers_;
};

// Well formed, and signed by a stranger: as dear to refuse as a forgery can be.
std::vector<std::string> forgeries() {
    std::vector<std::string> bodies;
    for (int i = 0; i < 200; ++i) {
        bodies.push_back(GatewayWorld::signed_body(GatewayWorld::paid("F" + std::to_string(i)),
                                                   testing::test_keys().stranger));
    }
    return bodies;
}

void print(const char* name, const Measured& measured, const char* end) {
    std::printf(R"("%s":{"sent":%d,"as_expected":%d,"otherwise":%d,"p50_us":%ld,"p99_us":%ld,)"
                R"("max_us":%ld}%s)",
                name, measured.sent, measured.as_expected, measured.otherwise,
                measured.percentile_us(500), measured.percentile_us(990),
                measured.percentile_us(1000), end);
}

void measure(int rounds, int seconds, int flood_seconds) {
    GatewayWorld world([](config::Settings& settings) { settings.workers = 0; });
    Notifications notifications(world);
    std::printf("{\"rounds\":[");
    for (int round = 0; round < rounds; ++round) {
        std::printf("%s{", round == 0 ? "" : ",");
        notifications.prepare(kGenuinePerSecond * seconds);
        print("alone", run_load(notifications.load(seconds)), ",");
        notifications.prepare(kGenuinePerSecond * seconds);
        const HangingCalls hanging(world, round);
        print("beside_two_hanging_calls", run_load(notifications.load(seconds)), "}");
    }
    std::printf("],");
    notifications.prepare(kGenuinePerSecond * flood_seconds);
    const auto forged = forgeries();
    Measured refused;
    std::thread flood([&] {
        refused = run_load(
            {.url = world.url("public") + "/alipay/shop/notify",
             .per_second = kForgedPerSecond,
             .seconds = flood_seconds,
             .body = [&](int n) { return forged[static_cast<std::size_t>(n) % forged.size()]; },
             .expected = "fail"});
    });
    const Measured genuine = run_load(notifications.load(flood_seconds));
    flood.join();
    print("genuine_in_flood", genuine, ",");
    print("forged", refused, ",");
    std::printf(R"("rows_of_forged":%lld,"genuine_per_s":%d,"forged_per_s":%d,"seconds":%d})"
                "\n",
                static_cast<long long>(
                    world.count("SELECT count(*) FROM notification WHERE notify_id IS NULL")),
                kGenuinePerSecond, kForgedPerSecond, flood_seconds);
}

}  // namespace
}  // namespace tollgate::bench

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    tollgate::bench::measure(quick ? 1 : 3, quick ? 2 : 10, quick ? 3 : 30);
    return 0;
}
