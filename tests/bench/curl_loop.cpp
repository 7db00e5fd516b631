// What one thread of outgoing requests can do: POSTs of some 700 bytes with four headers to a
// server that answers at once, 64 under way, over kept connections. CurlClient beside a bare
// libcurl loop that reuses its handles, in turns so that both meet the same machine. Prints one
// JSON object.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/responder.h"
#include "transport/address_guard.h"
#include "transport/curl_client.h"

namespace tollgate::bench {
namespace {

constexpr int kInFlight = 64;
constexpr int kRounds = 5;

std::string body() {
    return R"({"type":"payment.paid","data":")" + std::string(660, 'x') + "\"}";
}

const transport::HeaderList& headers() {
    static const transport::HeaderList kHeaders = {
        {"Content-Type", "application/json"},
        {"webhook-id", "evt_01hqz7m3x9v8n2k4t6w0b5c1d7"},
        {"webhook-timestamp", "1794326400"},
        {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}};
    return kHeaders;
}

struct Rate {
    long per_second = 0;
    long cpu_ns_each = 0;  // Of this thread: tells the truth on a machine that others use as well.
};

long thread_cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Times `work`, which does `count` requests.
template <typename Work>
Rate rate_of(int count, Work work) {
    const auto began = system_clock().monotonic();
    const long cpu_began = thread_cpu_ns();
    work();
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(system_clock().monotonic() - began);
    return {.per_second = static_cast<long>(count) * 1'000'000 / std::max<long>(1, took.count()),
            .cpu_ns_each = (thread_cpu_ns() - cpu_began) / count};
}

class ClientLoop {
public:
    ClientLoop(std::string url, std::shared_ptr<const transport::AddressGuard> guard)
        : url_(std::move(url)), guard_(std::move(guard)) {}

    Rate measure(int count) {
        to_start_ = count;
        done_ = 0;
        return rate_of(count, [&] {
            for (int i = 0; i < kInFlight; ++i) start();
            while (done_ < count) client_.run_once(std::chrono::milliseconds(1'000));
        });
    }

private:
    void start() {
        if (to_start_ == 0) return;
        --to_start_;
        client_.start({.url = url_,
                       .headers = headers(),
                       .body = body(),
                       .fresh_connection = false,
                       .guard = guard_},
                      [this](const Result<transport::ClientReply>& reply) {
                          TOLLGATE_CHECK(reply && reply->status == 200 && reply->body == "ok");
                          ++done_;
                          start();
                      });
    }

    std::string url_;
    std::shared_ptr<const transport::AddressGuard> guard_;
    transport::CurlClient client_{{.in_flight_max = kInFlight}};
    int to_start_ = 0;
    int done_ = 0;
};

// The median round of one contender.
void print(const char* name, std::vector<Rate> rates) {
    const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
    std::ranges::nth_element(rates, middle, {}, &Rate::per_second);
    const long per_second = middle->per_second;
    std::ranges::nth_element(rates, middle, {}, &Rate::cpu_ns_each);
    std::printf(R"("%s":{"per_s":%ld,"cpu_ns_each":%ld},)", name, per_second, middle->cpu_ns_each);
}

void measure(int count) {
    const Responder server;
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/events";
    const auto guard = std::make_shared<transport::AddressGuard>(
        *transport::AddressGuard::make({.allowed_networks = {"127.0.0.0/8"}}));
    ClientLoop plain(url, nullptr);
    ClientLoop guarded(url, guard);
    BareLoop bare({.url = url, .headers = headers(), .body = body(), .in_flight = kInFlight});
    std::vector<Rate> plain_rates;
    std::vector<Rate> guarded_rates;
    std::vector<Rate> bare_rates;
    for (int round = 0; round < kRounds; ++round) {
        plain_rates.push_back(plain.measure(count));
        guarded_rates.push_back(guarded.measure(count));
        bare_rates.push_back(rate_of(count, [&] { bare.send(count); }));
    }
    std::printf("{");
    print("curl_client", plain_rates);
    print("curl_client_guarded", guarded_rates);
    print("bare_libcurl", bare_rates);
    std::printf(R"("in_flight":%d,"requests":%d,"rounds":%d})"
                "\n",
                kInFlight, count, kRounds);
}

}  // namespace
}  // namespace tollgate::bench

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    tollgate::bench::measure(quick ? 2'000 : 30'000);
    return 0;
}
