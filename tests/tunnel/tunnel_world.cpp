#include "tests/tunnel/tunnel_world.h"

#include <stdexcept>
#include <utility>

#include "signing/digest.h"

namespace tollgate::tunnel::testing {

App::App() {
    answer_with(200, "success");
    transport::Router router;
    router.add_fallback([this](transport::ServerRequest& request, transport::Ticket ticket) {
        Answer answer;
        {
            const std::lock_guard lock(mutex_);
            seen_.push_back(request);
            answer = answer_;
        }
        answer(request, std::move(ticket));
    });
    transport::FrontLimits limits;
    limits.body_bytes_max = std::size_t{8} * 1024 * 1024;
    front_ = std::make_unique<transport::testing::RunningFront>(
        transport::testing::RunningFront::Setup{.router = std::move(router), .limits = limits});
}

void App::answer_with(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
}

void App::answer_with(int status, std::string body) {
    answer_with([status, body = std::move(body)](const auto&, transport::Ticket ticket) {
        ticket.complete(transport::testing::text_answer(body, status));
    });
}

std::vector<transport::ServerRequest> App::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

RunningRelay::RunningRelay(std::function<void(config::TunnelSettings&)> adjust) {
    settings_.listen = {.address = "127.0.0.1", .port = 0};
    settings_.sqlite_file = folder_.file("relay.db");
    settings_.tunnels.push_back({.name = "alice", .token_sha256 = {signing::sha256_hex(kToken)}});
    settings_.tunnels[0].answer_wait = std::chrono::seconds(50);  // On however slow a machine.
    if (adjust) adjust(settings_);
    start();
    settings_.listen.port = relay_->port();
}

void RunningRelay::start() {
    auto relay = Relay::open(settings_, {.clock = system_clock(),
                                         .entropy = entropy_,
                                         .log = log_.log(),
                                         .on_fatal = [](std::string_view) { std::abort(); }});
    if (!relay) throw std::runtime_error(relay.error().message());
    relay_ = *std::move(relay);
    thread_ = std::thread([this] { relay_->run(); });
}

void RunningRelay::stop() {
    if (!relay_) return;
    relay_->stop();
    thread_.join();
    relay_.reset();
}

transport::testing::Answer RunningRelay::post(const std::string& target, const std::string& body,
                                              const std::string& more_headers) const {
    const auto answer =
        peer().ask("POST /t/alice" + target + " HTTP/1.1\r\nHost: hook.example\r\n" + more_headers +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return answer.value_or(transport::testing::Answer{});
}

transport::testing::Answer RunningRelay::notify(const std::string& id,
                                                const std::string& more) const {
    return post("/notify", "notify_id=" + id + more,
                "Content-Type: application/x-www-form-urlencoded\r\n");
}

RunningClient::RunningClient(const std::string& relay_url, const std::string& app_url,
                             std::function<void(ClientSettings&)> adjust) {
    ClientSettings settings{
        .relay_url = relay_url, .token = Secret(kToken), .target = *read_target(app_url)};
    if (adjust) adjust(settings);
    client_ = *Client::make(std::move(settings), {.clock = system_clock(),
                                                  .entropy = entropy_,
                                                  .random = random_,
                                                  .log = log_.get(),
                                                  .say = [](const std::string&) {}});
    thread_ = std::thread([this] { outcome_.emplace(client_->run()); });
}

void RunningClient::stop() {
    if (!thread_.joinable()) return;
    client_->stop();
    thread_.join();
}

void RunningClient::connected() const {
    if (!becomes_true([this] { return client_->state().connected; })) {
        throw std::runtime_error("the client did not connect");
    }
}

Result<Done> RunningClient::ended() {
    thread_.join();
    return *outcome_;
}

}  // namespace tollgate::tunnel::testing
