// What the front costs by itself: POST /now answers at once, POST /later is answered by another
// thread. Drive it with a load generator; it ends at SIGTERM.
//
//   empty_handler_bench [threads] [port] [tls]
//
// tls: over TLS, with a certificate made for this run.

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <unistd.h>

#include "running_front.h"
#include "tls_files.h"

namespace tollgate::transport::testing {
namespace {

// Answers the tickets it gets, a batch at a time, as a committing writer does.
class Writer {
public:
    void take(Ticket ticket) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(ticket));
        if (waiting_.size() == 1) changed_.notify_one();
    }
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
            if (over_) return;
            std::vector<Ticket> batch;
            batch.swap(waiting_);
            lock.unlock();
            for (Ticket& ticket : batch) ticket.complete(text_answer("success"));
            lock.lock();
        }
    }
    void stop() {
        const std::lock_guard lock(mutex_);
        over_ = true;
        changed_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Ticket> waiting_;
    bool over_ = false;
};

std::optional<TlsSettings> tls_settings(const tollgate::testing::TempFolder& folder) {
    const TlsFiles files = write_tls_files(folder, "bench", system_clock().now());
    return TlsSettings{.certificate_chain_file = files.certificate, .private_key_file = files.key};
}

// Until SIGTERM or SIGINT.
int run(int threads, int port, bool tls) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    const tollgate::testing::TempFolder folder;
    Writer writer;
    std::vector<Listener> listeners(1);
    listeners[0].name = "bench";
    listeners[0].address = "127.0.0.1";
    listeners[0].port = port;
    if (tls) listeners[0].tls = tls_settings(folder);
    listeners[0].router.add("POST", "/now",
                            at_once([](const ServerRequest&) { return text_answer("success"); }));
    listeners[0].router.add("POST", "/later",
                            [&](ServerRequest&, Ticket ticket) { writer.take(std::move(ticket)); });
    Log log(STDERR_FILENO, system_clock());
    CountingEntropy entropy;
    auto front = Front::open(std::move(listeners),
                             {.clock = system_clock(), .entropy = entropy, .log = log});
    if (!front) {
        static_cast<void>(std::fprintf(stderr, "%s\n", front.error().message().c_str()));
        return 1;
    }
    std::vector<std::thread> running;
    running.emplace_back([&] { writer.run(); });
    for (int i = 0; i < threads; ++i) running.emplace_back([&] { (*front)->run(); });
    static_cast<void>(std::printf("listening on %d\n", (*front)->port("bench")));
    static_cast<void>(std::fflush(stdout));
    int which = 0;
    static_cast<void>(sigwait(&ends, &which));
    (*front)->stop(std::chrono::seconds(1));
    writer.stop();
    for (std::thread& thread : running) thread.join();
    return 0;
}

}  // namespace
}  // namespace tollgate::transport::testing

int main(int argc, char** argv) {
    const int threads = argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : 2;
    const int port = argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : 0;
    const bool tls = argc > 3 && std::string_view(argv[3]) == "tls";
    return tollgate::transport::testing::run(threads, port, tls);
}
