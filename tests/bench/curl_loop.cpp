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
#include "tests/bench/responder.h"
#include "transport/address_guard.h"
#include "transport/curl_client.h"
#include "transport/curl_handles.h"

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

// As few libcurl calls as the same work can be done with: each handle is set up once, and only the
// body and the headers, which differ from request to request, are set again.
class BareLoop {
public:
    explicit BareLoop(std::string url) : url_(std::move(url)), multi_(curl_multi_init()) {
        for (int i = 0; i < kInFlight; ++i) {
            CURL* const easy = slots_.emplace_back().easy.get();
            curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
            curl_easy_setopt(easy, CURLOPT_POST, 1L);
            curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
            curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
        }
        for (Slot& slot : slots_) curl_easy_setopt(slot.easy.get(), CURLOPT_PRIVATE, &slot);
    }
    BareLoop(const BareLoop&) = delete;
    BareLoop& operator=(const BareLoop&) = delete;
    ~BareLoop() = default;

    Rate measure(int count) {
        to_start_ = count;
        return rate_of(count, [&] {
            for (Slot& slot : slots_) start(slot);
            for (int done = 0; done < count;) {
                const int finished = advance();
                done += finished;
                if (finished == 0) curl_multi_poll(multi_.get(), nullptr, 0, 1'000, nullptr);
            }
        });
    }

private:
    struct Slot {
        std::string body;
        transport::CurlHeaders headers;
        transport::CurlEasy easy{curl_easy_init()};
    };

    static std::size_t take(char* /*bytes*/, std::size_t size, std::size_t count, void* /*to*/) {
        return size * count;
    }

    void start(Slot& slot) {
        if (to_start_ == 0) return;
        --to_start_;
        slot.body = body();
        transport::CurlHeaders lines;
        for (const auto& [name, value] : headers()) {
            TOLLGATE_CHECK(lines.add(std::string(name).append(": ").append(value)));
        }
        TOLLGATE_CHECK(lines.add("Expect:"));
        slot.headers = std::move(lines);
        CURL* const easy = slot.easy.get();
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, slot.headers.get());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(slot.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot.body.c_str());
        TOLLGATE_CHECK(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK);
    }

    int advance() {
        int running = 0;
        int left = 0;
        int finished = 0;
        curl_multi_perform(multi_.get(), &running);
        while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
            TOLLGATE_CHECK(message->data.result == CURLE_OK);
            Slot* slot = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
            curl_multi_remove_handle(multi_.get(), slot->easy.get());
            ++finished;
            start(*slot);
        }
        return finished;
    }

    std::string url_;
    transport::CurlMulti multi_;
    std::vector<Slot> slots_;  // Goes before multi_.
    int to_start_ = 0;
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
    BareLoop bare(url);
    std::vector<Rate> plain_rates;
    std::vector<Rate> guarded_rates;
    std::vector<Rate> bare_rates;
    for (int round = 0; round < kRounds; ++round) {
        plain_rates.push_back(plain.measure(count));
        guarded_rates.push_back(guarded.measure(count));
        bare_rates.push_back(bare.measure(count));
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
