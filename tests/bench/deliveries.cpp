// How fast events leave: from their COMMIT to the receiver's 200, with a hundred endpoints of which
// some hang, and how long one waits at a quiet rate. Beside it, in turns, what a bare libcurl multi
// loop does that posts the same signed message to the same receiver. The receiver verifies each
// signature, as a receiver must, on a thread of its own in this process. Prints one JSON object.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <unistd.h>

#include "base/check.h"
#include "callbacks/deliverer.h"
#include "callbacks/http_carrier.h"
#include "ledger/sqlite_store.h"
#include "tests/bench/bare_loop.h"
#include "tests/support/fakes.h"
#include "transport/curl_client.h"
#include "transport/front.h"

namespace tollgate::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int kEndpoints = 100;
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

long now_us() {
    return std::chrono::duration_cast<microseconds>(system_clock().monotonic()).count();
}

long clock_ns(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// What a thread has computed so far: tells the truth on a machine that others use as well.
long cpu_ns(std::thread& thread) {
    clockid_t clock{};
    TOLLGATE_CHECK(pthread_getcpuclockid(thread.native_handle(), &clock) == 0);
    return clock_ns(clock);
}

// The same by the parts of a delivery.
struct Cpu {
    long writer_ns = 0;
    long sender_ns = 0;
    long receiver_ns = 0;
    long all_ns = 0;  // Of the process: with the checkpointer, and this measuring.
};

Cpu each(const Cpu& from, const Cpu& to, long events) {
    return {.writer_ns = (to.writer_ns - from.writer_ns) / events,
            .sender_ns = (to.sender_ns - from.sender_ns) / events,
            .receiver_ns = (to.receiver_ns - from.receiver_ns) / events,
            .all_ns = (to.all_ns - from.all_ns) / events};
}

struct Rate {
    long per_second = 0;
    Cpu cpu_an_event;
};

std::string payload() {
    return R"({"type":"payment.paid","data":")" + std::string(660, 'x') + "\"}";
}

std::string event_id(int number) {
    std::string digits = std::to_string(number);
    return "evt_" + std::string(8 - digits.size(), '0') + digits;
}

// Answers 200 to every message with a good signature, and notes when it came.
class Receiver {
public:
    explicit Receiver(int events)
        : came_us_(static_cast<std::size_t>(events)), key_(*signing::WebhookKey::parse(kSecret)) {
        transport::Listener listener{.name = "receiver", .address = "127.0.0.1"};
        listener.router.add("POST", "/events", [this](auto& request, transport::Ticket ticket) {
            take(request, std::move(ticket));
        });
        std::vector<transport::Listener> listeners;
        listeners.push_back(std::move(listener));
        auto front = transport::Front::open(
            std::move(listeners),
            {.clock = system_clock(), .entropy = entropy_, .log = log_.get()});
        TOLLGATE_CHECK(front);
        front_ = *std::move(front);
        thread_ = std::thread([this] { front_->run(); });
        pthread_setname_np(thread_.native_handle(), "receiver");
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    ~Receiver() {
        front_->stop(milliseconds(0));
        thread_.join();
    }

    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(front_->port("receiver")) + "/events";
    }
    int received() const { return received_; }
    long cpu() { return cpu_ns(thread_); }
    // When the n-th event came; 0: not yet.
    long came_us(int event) const { return came_us_[static_cast<std::size_t>(event)]; }

private:
    void take(transport::ServerRequest& request, transport::Ticket ticket) {
        const long came = now_us();
        const std::string_view id = request.header("webhook-id").value_or("");
        const auto good =
            signing::verify_webhook(std::vector<signing::WebhookKey>{key_},
                                    {.id = id,
                                     .timestamp = request.header("webhook-timestamp").value_or(""),
                                     .signatures = request.header("webhook-signature").value_or(""),
                                     .body = request.body},
                                    system_clock().now().ms / 1000);
        if (good && id.starts_with("evt_")) {
            const std::size_t number = std::stoul(std::string(id.substr(4)));
            if (came_us_.at(number).exchange(came) == 0) ++received_;
        }
        ticket.complete({.status = good ? 200 : 401, .content_type = "text/plain", .body = "ok"});
    }

    std::vector<std::atomic<long>> came_us_;
    std::atomic<int> received_ = 0;
    const signing::WebhookKey key_;
    testing::CountingEntropy entropy_;
    testing::TestLog log_{system_clock(), LogLevel::info};
    std::unique_ptr<transport::Front> front_;
    std::thread thread_;
};

// Takes connections and never says a word.
class Silence {
public:
    Silence() {
        transport::Listener listener{.name = "silence", .address = "127.0.0.1"};
        listener.limits.ticket_time = std::chrono::hours(1);
        listener.router.add("POST", "/events", [this](auto& /*request*/, transport::Ticket ticket) {
            held_.push_back(std::move(ticket));
        });
        std::vector<transport::Listener> listeners;
        listeners.push_back(std::move(listener));
        front_ = *transport::Front::open(
            std::move(listeners),
            {.clock = system_clock(), .entropy = entropy_, .log = log_.get()});
        thread_ = std::thread([this] { front_->run(); });
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        front_->stop(milliseconds(0));
        thread_.join();
    }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(front_->port("silence")) + "/events";
    }

private:
    testing::CountingEntropy entropy_;
    testing::TestLog log_{system_clock(), LogLevel::info};
    std::vector<transport::Ticket> held_;
    std::unique_ptr<transport::Front> front_;
    std::thread thread_;
};

// The ledger, its writer and the deliverer with their threads, as in the service.
class House {
public:
    House(const std::string& well, const std::string& hanging, int hanging_endpoints) {
        store_ = *ledger::open_sqlite_store({.file = folder_.file("ledger.db")}, system_clock());
        writer_ = std::make_unique<ledger::Writer>(*store_->write_connection(),
                                                   ledger::Writer::Options{}, log_.get());
        writer_thread_ = std::thread([this] {
            while (!ended_ || writer_->health().waiting > 0) {
                if (writer_->wait(milliseconds(100))) TOLLGATE_CHECK(writer_->run_once());
            }
        });
        pthread_setname_np(writer_thread_.native_handle(), "writer");
        checkpointer_ = std::thread([this] {
            while (!ended_) {
                TOLLGATE_CHECK(store_->checkpoint());
                ::usleep(250'000);
            }
        });
        std::vector<ledger::Outbox::Configured> endpoints;
        callbacks::EndpointKeys keys;
        std::vector<std::string> apps;
        for (int i = 0; i < kEndpoints; ++i) {
            const std::string id = "app" + std::to_string(i);
            apps.push_back(id);
            endpoints.push_back(
                {.id = id,
                 .plan = {.url = i < hanging_endpoints ? hanging : well,
                          .apps = {id},
                          .rules = config::to_json(config::DeliveryRules{}).dump()}});
            keys[id].push_back(*signing::WebhookKey::parse(kSecret));
        }
        TOLLGATE_CHECK(writer_->transact([&](ledger::Books& books) {
            return books.outbox().set_configured_endpoints(endpoints, system_clock().now());
        }));
        deliverer_ = std::make_unique<callbacks::Deliverer>(
            std::move(keys),
            callbacks::DelivererSettings{.in_flight_max = 512, .apps = std::move(apps)},
            callbacks::DelivererSeams{.writer = *writer_,
                                      .clock = system_clock(),
                                      .random = random_,
                                      .entropy = entropy_,
                                      .log = log_.get(),
                                      .carrier_of = [this](const ledger::Endpoint&)
                                          -> callbacks::Carrier& { return carrier_; },
                                      .wake = [this] { http_.wake(); },
                                      .published = nullptr});
        writer_->on_events([this] { deliverer_->hint(); });
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;
    ~House() {
        stop_ = true;
        http_.wake();
        if (thread_.joinable()) thread_.join();
        http_.cancel_all();
        ended_ = true;
        writer_->wake();
        writer_thread_.join();
        checkpointer_.join();
    }

    // Commits events numbered from `first`, one for each endpoint of [from, to) in turn.
    void commit(int first, int count, int from, int to) {
        TOLLGATE_CHECK(writer_->transact([&](ledger::Books& books) -> Result<Done> {
            for (int i = 0; i < count; ++i) {
                const int endpoint = from + (first + i) % (to - from);
                TOLLGATE_DO(books.add_event({.id = event_id(first + i),
                                             .app = "app" + std::to_string(endpoint),
                                             .type = "payment.paid",
                                             .payload = payload(),
                                             .created_at = system_clock().now()}));
            }
            return Done{};
        }));
    }

    void deliver() {
        thread_ = std::thread([this] {
            while (!stop_) {
                const milliseconds wait = deliverer_->run_once();
                http_.run_once(wait);
            }
        });
        pthread_setname_np(thread_.native_handle(), "deliver");
        deliverer_->hint();
    }

    long writer_cpu() { return cpu_ns(writer_thread_); }
    long sender_cpu() { return cpu_ns(thread_); }

private:
    testing::TempFolder folder_;
    testing::TestLog log_{system_clock(), LogLevel::info};
    testing::CountingEntropy entropy_;
    SeededRandom random_{1};
    std::unique_ptr<ledger::Store> store_;
    std::unique_ptr<ledger::Writer> writer_;
    std::thread writer_thread_;
    std::thread checkpointer_;
    transport::CurlClient http_{{.in_flight_max = 512}};
    callbacks::HttpCarrier carrier_{http_, system_clock(), nullptr};
    std::unique_ptr<callbacks::Deliverer> deliverer_;
    std::thread thread_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> ended_ = false;
};

// Looking costs those who are measured their share of two cores: no more often than need be.
void wait_until(const std::function<bool()>& done, useconds_t look_every_us = 200) {
    while (!done()) ::usleep(look_every_us);
}

// Events a second over everything that was committed before, from the first move to the last 200.
Rate drain(int events, int hanging_endpoints) {
    Receiver receiver(events + 10'000);
    const Silence silence;
    House house(receiver.url(), silence.url(), hanging_endpoints);
    // What hangs has work as well: a hundred events each.
    if (hanging_endpoints > 0) {
        house.commit(events, 100 * hanging_endpoints, 0, hanging_endpoints);
    }
    for (int i = 0; i < events; i += 1'000) house.commit(i, 1'000, hanging_endpoints, kEndpoints);
    const auto cpu = [&](long sender_ns) {
        return Cpu{.writer_ns = house.writer_cpu(),
                   .sender_ns = sender_ns,
                   .receiver_ns = receiver.cpu(),
                   .all_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
    };
    const Cpu before = cpu(0);
    const long began = now_us();
    house.deliver();
    wait_until([&] { return receiver.received() >= events; }, 2'000);
    const long took = std::max(1L, now_us() - began);
    return {.per_second = static_cast<long>(events) * 1'000'000 / took,
            .cpu_an_event = each(before, cpu(house.sender_cpu()), events)};
}

struct Latency {
    long p50_us = 0;
    long p99_us = 0;
};

// From each COMMIT to the first byte at the receiver, `per_second` events one by one.
Latency latency(int per_second, int seconds, int hanging_endpoints) {
    const int events = per_second * seconds;
    Receiver receiver(events + 10'000);
    const Silence silence;
    House house(receiver.url(), silence.url(), hanging_endpoints);
    if (hanging_endpoints > 0) {
        house.commit(events, 100 * hanging_endpoints, 0, hanging_endpoints);
    }
    house.deliver();
    std::vector<long> committed;
    const long began = now_us();
    for (int i = 0; i < events; ++i) {
        const long due = began + static_cast<long>(i) * 1'000'000 / per_second;
        wait_until([&] { return now_us() >= due; });
        house.commit(i, 1, hanging_endpoints, kEndpoints);
        committed.push_back(now_us());
    }
    wait_until([&] {
        for (int i = events; i-- > 0;) {
            if (receiver.came_us(i) == 0) return false;
        }
        return true;
    });
    std::vector<long> waited;
    for (int i = 0; i < events; ++i) {
        waited.push_back(receiver.came_us(i) - committed[static_cast<std::size_t>(i)]);
    }
    std::ranges::sort(waited);
    return {.p50_us = waited[waited.size() / 2], .p99_us = waited[waited.size() * 99 / 100]};
}

// 160 events to an endpoint that hangs stand in line before 200 to one that is well.
Latency head_of_line() {
    constexpr int kInFront = 160;
    constexpr int kBehind = 200;
    Receiver receiver(kInFront + kBehind);
    const Silence silence;
    House house(receiver.url(), silence.url(), 1);
    house.commit(kBehind, kInFront, 0, 1);
    house.commit(0, kBehind, 1, 2);
    const long committed = now_us();
    house.deliver();
    wait_until([&] { return receiver.received() == kBehind; });
    std::vector<long> waited;
    for (int i = 0; i < kBehind; ++i) waited.push_back(receiver.came_us(i) - committed);
    std::ranges::sort(waited);
    return {.p50_us = waited[kBehind / 2], .p99_us = waited[kBehind * 99 / 100]};
}

Rate bare(int count) {
    Receiver receiver(1);
    const signing::WebhookKey key = *signing::WebhookKey::parse(kSecret);
    const std::int64_t seconds = system_clock().now().ms / 1000;
    BareLoop loop(
        {.url = receiver.url(),
         .headers = {{"Content-Type", "application/json"},
                     {"webhook-id", event_id(0)},
                     {"webhook-timestamp", std::to_string(seconds)},
                     {"webhook-signature", key.signature(event_id(0), seconds, payload())}},
         .body = payload()});
    const auto cpu = [&] {
        return Cpu{.sender_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID),
                   .receiver_ns = receiver.cpu(),
                   .all_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
    };
    const Cpu before = cpu();
    const long began = now_us();
    loop.send(count);
    const long took = std::max(1L, now_us() - began);
    return {.per_second = static_cast<long>(count) * 1'000'000 / took,
            .cpu_an_event = each(before, cpu(), count)};
}

long median(std::vector<long> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::vector<long> per_second(const std::vector<Rate>& rates) {
    std::vector<long> values;
    for (const Rate& rate : rates) values.push_back(rate.per_second);
    return values;
}

// The median of each part by itself.
void print_cpu(const char* name, const std::vector<Rate>& rates) {
    const auto of = [&](long Cpu::*part) {
        std::vector<long> values;
        for (const Rate& rate : rates) values.push_back(rate.cpu_an_event.*part);
        return median(std::move(values));
    };
    std::printf("\"%s\":{\"writer\":%ld,\"sender\":%ld,\"receiver\":%ld,\"all\":%ld},", name,
                of(&Cpu::writer_ns), of(&Cpu::sender_ns), of(&Cpu::receiver_ns), of(&Cpu::all_ns));
}

void print_list(const char* name, const std::vector<long>& values) {
    std::printf("\"%s\":[", name);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::printf("%s%ld", i == 0 ? "" : ",", values[i]);
    }
    std::printf("],");
}

void measure(int rounds, int events, int seconds) {
    std::vector<Rate> our_rates;
    std::vector<Rate> limit_rates;
    std::vector<long> one_hangs;
    std::vector<long> ten_hang;
    for (int round = 0; round < rounds; ++round) {
        limit_rates.push_back(bare(events));
        our_rates.push_back(drain(events, 0));
        one_hangs.push_back(drain(events, 1).per_second);
        ten_hang.push_back(drain(events, 10).per_second);
    }
    const std::vector<long> ours = per_second(our_rates);
    const std::vector<long> limit = per_second(limit_rates);
    constexpr int kQuietPerSecond = 500;
    const Latency quiet = latency(kQuietPerSecond, seconds, 0);
    const Latency beside = latency(kQuietPerSecond, seconds, 10);
    std::printf("{\"ours_per_s\":%ld,\"limit_per_s\":%ld,", median(ours), median(limit));
    std::printf("\"limit_name\":\"a bare libcurl multi loop, 64 in flight\",");
    std::printf("\"ours_percent_of_limit\":%ld,", median(ours) * 100 / median(limit));
    std::printf("\"with_1_percent_hanging_per_s\":%ld,\"with_10_percent_hanging_per_s\":%ld,",
                median(one_hangs), median(ten_hang));
    std::printf("\"p50_ms\":%ld.%03ld,\"p99_ms\":%ld.%03ld,", quiet.p50_us / 1000,
                quiet.p50_us % 1000, quiet.p99_us / 1000, quiet.p99_us % 1000);
    std::printf("\"healthy_p99_ms_with_hanging\":%ld.%03ld,", beside.p99_us / 1000,
                beside.p99_us % 1000);
    const Latency behind = head_of_line();
    std::printf("\"head_of_line_p50_ms\":%ld.%03ld,\"head_of_line_p99_ms\":%ld.%03ld,",
                behind.p50_us / 1000, behind.p50_us % 1000, behind.p99_us / 1000,
                behind.p99_us % 1000);
    print_list("ours_runs_per_s", ours);
    print_list("limit_runs_per_s", limit);
    print_cpu("cpu_ns_per_event", our_rates);
    print_cpu("limit_cpu_ns_per_event", limit_rates);
    std::printf("\"runs\":%d,\"events\":%d,\"endpoints\":%d,\"latency_events_per_s\":%d}\n", rounds,
                events, kEndpoints, kQuietPerSecond);
}

}  // namespace
}  // namespace tollgate::bench

int main(int argc, char** argv) {
    const std::string_view how = argc > 1 ? argv[1] : "";
    const bool quick = how == "--quick";
    // One drain alone, for a profiler.
    if (how == "--drain") {
        const auto rate = tollgate::bench::drain(100'000, 0);
        std::printf("%ld\n", rate.per_second);
        return 0;
    }
    tollgate::bench::measure(quick ? 1 : 5, quick ? 10'000 : 100'000, quick ? 2 : 10);
    return 0;
}
