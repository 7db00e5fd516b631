#pragma once

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fakes.h"
#include "tests/support/program.h"
#include "transport/amqp_settings.h"

namespace tollgate::transport::testing {

struct Received {
    std::string message_id;
    std::string type;
    std::string content_type;
    std::uint64_t timestamp = 0;
    int delivery_mode = 0;
    std::map<std::string, std::string> headers;
    std::string body;
};

// A real broker on loopback, with files and ports of its own.
class Rabbit {
public:
    // False where the package is not installed.
    static bool is_installed();

    Rabbit();

    // False when it did not come up; its log is then in log().
    bool start();
    void kill() { broker_.reset(); }
    // It stands still, and its connections stay, until it goes on.
    void stand_still() { ::kill(-broker_->pid(), SIGSTOP); }
    void go_on() { ::kill(-broker_->pid(), SIGCONT); }
    // Of the next start().
    void set_config(const std::string& more) { more_config_ = more; }

    AmqpSettings settings() const;
    // The same broker over TLS, and the file that vouches for it.
    AmqpSettings tls_settings() const;
    std::string ca_file() const { return folder_.file("broker.pem"); }
    std::string log() const;

    // A durable queue that the default exchange routes its name to.
    bool declare_queue(const std::string& name) const;
    // Takes everything that is in it, in order.
    std::vector<Received> take_all(const std::string& queue) const;

private:
    std::vector<std::string> environment() const;

    tollgate::testing::TempFolder folder_;
    int port_;
    int tls_port_;
    int distribution_port_;
    int epmd_port_;
    std::string more_config_;
    std::optional<tollgate::testing::Program> epmd_;
    std::optional<tollgate::testing::Program> broker_;
};

}  // namespace tollgate::transport::testing
