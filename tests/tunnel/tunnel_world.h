#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/tunnel_settings.h"
#include "running_front.h"
#include "tests/support/fakes.h"
#include "tunnel/client.h"
#include "tunnel/relay.h"

namespace tollgate::tunnel::testing {

using tollgate::testing::TempFolder;
using transport::testing::becomes_true;
using transport::testing::Peer;

// The app on the laptop: remembers each request and answers as it is told to.
class App {
public:
    using Answer = std::function<void(const transport::ServerRequest&, transport::Ticket)>;

    App();
    int port() const { return front_->port(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    void answer_with(Answer answer);
    void answer_with(int status, std::string body);
    std::vector<transport::ServerRequest> seen() const;
    std::size_t count() const { return seen().size(); }

private:
    mutable std::mutex mutex_;
    std::vector<transport::ServerRequest> seen_;
    Answer answer_;
    std::unique_ptr<transport::testing::RunningFront> front_;
};

// A relay with one tunnel, "alice", that can be ended and begun anew at its port and store.
class RunningRelay {
public:
    explicit RunningRelay(std::function<void(config::TunnelSettings&)> adjust = {});
    ~RunningRelay() { stop(); }
    RunningRelay(const RunningRelay&) = delete;
    RunningRelay& operator=(const RunningRelay&) = delete;

    void start();
    void stop();
    Relay& operator*() { return *relay_; }
    Relay* operator->() { return relay_.get(); }
    int port() const { return settings_.listen.port; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    TunnelCounters counters() { return relay_->states().front().counters; }
    Peer peer() const { return Peer::connect_to(port()); }
    std::string log_text() const { return log_.text(); }

    // POSTs to /t/alice/… and gives the answer.
    transport::testing::Answer post(const std::string& target, const std::string& body,
                                    const std::string& more_headers = "") const;
    // A form with this notify_id, as Alipay sends it.
    transport::testing::Answer notify(const std::string& id, const std::string& more = "") const;

private:
    config::TunnelSettings settings_;
    TempFolder folder_;
    tollgate::testing::CountingEntropy entropy_;
    transport::testing::MemoryLog log_;
    std::unique_ptr<Relay> relay_;
    std::thread thread_;
};

inline constexpr const char* kToken = "tgt_test";

class RunningClient {
public:
    RunningClient(const std::string& relay_url, const std::string& app_url,
                  std::function<void(ClientSettings&)> adjust = {});
    ~RunningClient() { stop(); }
    RunningClient(const RunningClient&) = delete;
    RunningClient& operator=(const RunningClient&) = delete;

    void stop();
    // Waits until it has connected.
    void connected() const;
    // Waits until it has ended by itself.
    Result<Done> ended();
    Client* operator->() const { return client_.get(); }

private:
    tollgate::testing::CountingEntropy entropy_;
    SeededRandom random_{1};
    tollgate::testing::TestLog log_{system_clock()};
    std::unique_ptr<Client> client_;
    std::optional<Result<Done>> outcome_;
    std::thread thread_;
};

}  // namespace tollgate::tunnel::testing
