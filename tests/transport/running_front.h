#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "peer.h"
#include "transport/descriptor.h"
#include "transport/front.h"

namespace tollgate::transport::testing {

// Every id is another one, the same in every run.
class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_.below(256));
    }

private:
    SeededRandom random_{7};
};

// A log kept in memory.
class MemoryLog {
public:
    MemoryLog();
    Log& log() { return log_; }
    std::string text() const;

private:
    Descriptor file_;
    Log log_;
};

ServerResponse text_answer(std::string body, int status = 200);

// A handler that answers at once with what `make` returns.
Handler at_once(std::function<ServerResponse(const ServerRequest&)> make);

// Answers with every part of the request as the handler got it, one "name=value" a line.
ServerResponse describe(const ServerRequest& request);

// A front with one listener on a free loopback port and `threads` running threads.
class RunningFront {
public:
    struct Setup {
        Router router;
        FrontLimits limits = {};
        std::function<ServerResponse(int, std::string_view)> refusal = {};
        std::string address = "127.0.0.1";
        int threads = 2;
        std::optional<TlsSettings> tls = {};
        Clock* clock = &system_clock();  // Outlives the front.
        Tracer* tracer = nullptr;        // Outlives the front.
    };
    explicit RunningFront(Setup setup);
    ~RunningFront();
    RunningFront(const RunningFront&) = delete;
    RunningFront& operator=(const RunningFront&) = delete;

    Front& operator*() { return *front_; }
    Front* operator->() { return front_.get(); }
    int port() const { return front_->port("test"); }
    Peer peer() const { return Peer::connect_to(port(), address_); }
    std::string log_text() const { return log_.text(); }
    // A line may come a moment after what it tells: wait for it.
    bool has_logged(const std::string& text) const {
        return log_text().find(text) != std::string::npos;
    }
    // Waits until every run() has returned.
    void join();
    // Ends the front itself, as a process does while others still hold tickets.
    void destroy();

private:
    MemoryLog log_;
    CountingEntropy entropy_;
    std::string address_;
    std::unique_ptr<Front> front_;
    std::vector<std::thread> threads_;
};

// POST /echo and GET /echo describe the request; POST /body answers with the request's body.
Router echo_router();

// A well-formed request.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view more_headers = "", std::string_view body = "");

}  // namespace tollgate::transport::testing
