#include "tunnel/relay.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <optional>
#include <thread>

#include <pthread.h>

#include "base/line_limit.h"
#include "transport/front.h"
#include "transport/http_text.h"
#include "tunnel/inspector.h"
#include "tunnel/metrics.h"
#include "tunnel/relay_log.h"
#include "tunnel/relay_route.h"

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr std::string_view kListener = "relay";
constexpr milliseconds kLoopWait{500};
constexpr milliseconds kCheckpointBeat{1'000};
constexpr milliseconds kForgetBeat{30'000};
constexpr milliseconds kPatience{3'000};
constexpr milliseconds kTicketTime{60'000};  // Over the poll's time and every answer_wait.
constexpr std::size_t kHeadBytesMax = std::size_t{64} * 1024;
constexpr int kFinishedKeysMax = 10'000;

ServerResponse plain(int status, std::string text) {
    return {.status = status,
            .content_type = "text/plain; charset=utf-8",
            .body = std::move(text) + "\n",
            .headers = {}};
}

// The last of a list: what the proxy right before us has added.
std::string last_of(std::string_view list) {
    const std::size_t comma = list.rfind(',');
    return std::string(
        transport::trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1)));
}

// The certificate of our own listener; none behind a proxy that has TLS.
std::optional<transport::TlsSettings> tls_of(const config::TunnelTls& tls) {
    if (tls.certificate_file.empty()) return std::nullopt;
    return transport::TlsSettings{.certificate_chain_file = tls.certificate_file,
                                  .private_key_file = tls.key_file};
}

class RunningRelay final : public Relay {
public:
    RunningRelay(config::TunnelSettings settings, RelaySeams seams)
        : settings_(std::move(settings)),
          seams_(std::move(seams)),
          doors_(settings_.tunnels),
          unknown_lines_(seams_.clock),
          refused_lines_(seams_.clock) {}

    Result<Done> build();
    void run() override;
    void stop() override;
    int port() const override { return front_->port(kListener); }
    int inspector_port() const override { return inspector_ ? inspector_->port() : 0; }
    ExchangeLog& log() override { return *log_; }
    std::vector<TunnelState> states() override;

private:
    Result<Done> open_store();
    Result<Done> restore();
    Result<Done> open_inspector(const config::TunnelInspector& wanted);
    void serve(ServerRequest& request, Ticket ticket);
    void take_in(ServerRequest& request, Doors::Place place, Ticket ticket);
    void refuse_unknown(std::string_view prefix, Ticket ticket);
    void serve_client(ServerRequest& request, const RelayRoute& route, Ticket ticket);
    Result<std::uint64_t> replay(const std::string& tunnel, Callback callback, std::uint64_t of);
    ServerResponse health() const;

    void write();
    void checkpoint();
    void keep_time();
    // False once the loops shall end.
    bool pause(milliseconds time);

    const config::TunnelSettings settings_;
    const RelaySeams seams_;
    const Doors doors_;
    // Each of its own, so that neither hides the other.
    LineLimit unknown_lines_;
    LineLimit refused_lines_;

    // In the order in which they know each other; destroyed the other way round.
    std::unique_ptr<RelayStore> store_;
    std::unique_ptr<RelayReader> reader_;
    std::unique_ptr<RelayReader>
        log_reader_;  // Of its own: who looks must not slow down the desks.
    std::unique_ptr<RelayLog> log_;
    std::unique_ptr<EventIds> ids_;
    std::vector<std::unique_ptr<Desk>> desks_;  // As settings_.tunnels.
    std::unique_ptr<GroupWriter> writer_;       // Goes before the desks that it tells.
    std::unique_ptr<transport::Front> front_;
    std::unique_ptr<Inspector> inspector_;  // Null: none is wanted.

    std::mutex mutex_;  // Guards loops_stopped_.
    std::condition_variable beat_;
    bool loops_stopped_ = false;
    std::atomic<bool> writer_stopped_{false};
};

Result<Done> RunningRelay::open_store() {
    const auto durability =
        settings_.durable ? RelayStore::Durability::full : RelayStore::Durability::off;
    TOLLGATE_TRY(store_, RelayStore::open(settings_.sqlite_file, durability, seams_.clock.now()));
    TOLLGATE_TRY(reader_, RelayReader::open(settings_.sqlite_file));
    TOLLGATE_TRY(const std::uint64_t last, store_->last_id());
    ids_ = std::make_unique<EventIds>(last);
    writer_ = std::make_unique<GroupWriter>(*store_, seams_.log, [this] {
        for (const auto& desk : desks_) desk->hand_out_stored();
    });
    TOLLGATE_TRY(log_reader_, RelayReader::open(settings_.sqlite_file));
    log_ = std::make_unique<RelayLog>(
        *log_reader_, [this](const std::string& tunnel, Callback callback, std::uint64_t of) {
            return replay(tunnel, std::move(callback), of);
        });
    return Done{};
}

Result<Done> RunningRelay::restore() {
    const auto desk_of = [this](const std::string& tunnel) -> Desk* {
        const auto found = std::ranges::find(settings_.tunnels, tunnel, &config::TunnelDoor::name);
        if (found == settings_.tunnels.end()) return nullptr;  // Its rows stay, for its return.
        return desks_[static_cast<std::size_t>(found - settings_.tunnels.begin())].get();
    };
    TOLLGATE_TRY(const auto waiting, store_->waiting());
    std::vector<std::uint64_t> worthless;
    for (const auto& event : waiting) {
        Desk* const desk = desk_of(event.tunnel);
        if (!event.keep) {
            worthless.push_back(event.restored.id);
        } else if (desk != nullptr) {
            desk->restore(event);
        }
    }
    TOLLGATE_DO(store_->drop(worthless));
    TOLLGATE_TRY(const auto finished, store_->finished_keys(kFinishedKeysMax));
    for (const auto& key : finished) {
        if (Desk* const desk = desk_of(key.tunnel)) desk->restore_finished(key);
    }
    seams_.log.info("tunnel.restored", {{"kept", static_cast<std::int64_t>(waiting.size())}});
    return Done{};
}

Result<Done> RunningRelay::build() {
    TOLLGATE_DO(open_store());
    for (const auto& door : settings_.tunnels) {
        desks_.push_back(std::make_unique<Desk>(
            door, Desk::Seams{.clock = seams_.clock,
                              .log = seams_.log,
                              .writer = *writer_,
                              .reader = *reader_,
                              .ids = *ids_,
                              .durable = settings_.durable,
                              .on_change = [this] { log_->note_change(); }}));
    }
    TOLLGATE_DO(restore());
    transport::Listener listener{.name = std::string(kListener),
                                 .address = settings_.listen.address,
                                 .port = settings_.listen.port};
    listener.limits.head_bytes_max = kHeadBytesMax;
    listener.limits.body_bytes_max = kMessageBytesMax;
    listener.limits.ticket_time = kTicketTime;
    listener.body_limit = [this](const transport::RequestHead& head) {
        return tunnel::body_bytes_max(route_of(doors_, head.target, head.headers));
    };
    listener.tls = tls_of(settings_.tls);
    listener.router.add_fallback(
        [this](ServerRequest& request, Ticket ticket) { serve(request, std::move(ticket)); });
    std::vector<transport::Listener> listeners;
    listeners.push_back(std::move(listener));
    TOLLGATE_TRY(front_, transport::Front::open(std::move(listeners), {.clock = seams_.clock,
                                                                       .entropy = seams_.entropy,
                                                                       .log = seams_.log}));
    if (settings_.inspector) TOLLGATE_DO(open_inspector(*settings_.inspector));
    return Done{};
}

Result<Done> RunningRelay::open_inspector(const config::TunnelInspector& wanted) {
    TOLLGATE_TRY(auto keys, read_alipay_keys(wanted.alipay_key_files));
    InspectorSettings settings{.listen = wanted.listen,
                               .door = {.hosts = wanted.hosts, .token_sha256 = wanted.token_sha256},
                               .alipay_keys = std::move(keys)};
    TOLLGATE_TRY(
        inspector_,
        Inspector::open(std::move(settings),
                        {.clock = seams_.clock,
                         .entropy = seams_.entropy,
                         .log = seams_.log,
                         .exchanges = *log_,
                         .metrics = [this] { return metrics_of(states(), writer_->health()); }}));
    return Done{};
}

// --- requests ------------------------------------------------------------------------------------

void RunningRelay::serve(ServerRequest& request, Ticket ticket) {
    RelayRoute route = route_of(doors_, request.target, request.headers);
    switch (route.kind) {
        case RelayRoute::Kind::callback:
            return take_in(request, std::move(route.place), std::move(ticket));
        case RelayRoute::Kind::unknown_tunnel:
            return refuse_unknown(route.place.prefix, std::move(ticket));
        case RelayRoute::Kind::exchange:
        case RelayRoute::Kind::hold: return serve_client(request, route, std::move(ticket));
        case RelayRoute::Kind::other: break;
    }
    if (request.method == "GET" && request.path == "/healthz") return ticket.complete(health());
    ticket.complete(plain(404, "nothing is here; callbacks go to /t/{tunnel}/"));
}

void RunningRelay::refuse_unknown(std::string_view prefix, Ticket ticket) {
    if (const auto unsaid = unknown_lines_.admit()) {
        seams_.log.warning("tunnel.unknown", {{"prefix", prefix}, {"unsaid_before", *unsaid}});
    }
    ticket.complete(answer_for(NoAnswer::unknown_tunnel, settings_.tunnels.front(), false));
}

void RunningRelay::take_in(ServerRequest& request, Doors::Place place, Ticket ticket) {
    Callback callback{.method = std::move(request.method),
                      .target = std::move(place.target),
                      .headers = std::move(request.headers),
                      .body = std::move(request.body),
                      .remote_address = std::move(request.remote_address),
                      .scheme = settings_.tls.certificate_file.empty() ? "http" : "https",
                      .prefix = std::move(place.prefix)};
    if (settings_.behind_proxy) {
        const auto from = transport::find_header(callback.headers, "X-Forwarded-For");
        const auto scheme = transport::find_header(callback.headers, "X-Forwarded-Proto");
        if (from) callback.remote_address = last_of(*from);
        if (scheme) callback.scheme = last_of(*scheme);
    }
    // Ours to say of a replay; what the provider sends under this name would be taken for it.
    std::erase_if(callback.headers, [](const auto& header) {
        return transport::same_word(header.first, "X-Tunnel-Replay-Of");
    });
    desks_[*place.door]->take_in(std::move(callback), std::move(ticket));
}

void RunningRelay::serve_client(ServerRequest& request, const RelayRoute& route, Ticket ticket) {
    if (!route.opened) {
        if (const auto unsaid = refused_lines_.admit()) {
            seams_.log.warning("tunnel.token_refused",
                               {{"remote", request.remote_address}, {"unsaid_before", *unsaid}});
        }
        return ticket.complete(plain(401, "the token opens no tunnel here"));
    }
    if (request.method != "POST") {
        auto response = plain(405, "clients post");
        response.headers.emplace_back("Allow", "POST");
        return ticket.complete(std::move(response));
    }
    Desk& desk = *desks_[*route.opened];
    const auto refuse = [&ticket](const Error& why) { ticket.complete(plain(400, why.message())); };
    if (route.kind == RelayRoute::Kind::exchange) {
        auto message = read_exchange_request(request.body);
        if (!message) return refuse(message.error());
        return desk.exchange(*std::move(message), std::move(ticket));
    }
    const auto message = read_hold_request(request.body);
    if (!message) return refuse(message.error());
    ticket.complete({.status = 200,
                     .content_type = "application/octet-stream",
                     .body = to_wire(desk.hold(*message)),
                     .headers = {}});
}

Result<std::uint64_t> RunningRelay::replay(const std::string& tunnel, Callback callback,
                                           std::uint64_t of) {
    for (const auto& desk : desks_) {
        if (desk->door().name == tunnel) return desk->replay(std::move(callback), of);
    }
    return Error(ErrorCode::not_found, "there is no tunnel of that name any more");
}

ServerResponse RunningRelay::health() const {
    if (writer_->health().failing) return plain(503, "the store cannot be written");
    return plain(200, "ok");
}

std::vector<Relay::TunnelState> RunningRelay::states() {
    std::vector<TunnelState> states;
    for (const auto& desk : desks_) {
        states.push_back({.name = desk->door().name, .counters = desk->counters()});
    }
    return states;
}

// --- threads -------------------------------------------------------------------------------------

void RunningRelay::run() {
    std::vector<std::thread> loops;
    const auto start = [](std::vector<std::thread>& into, const char* name, auto body) {
        into.emplace_back(std::move(body));
        pthread_setname_np(into.back().native_handle(), name);
    };
    start(loops, "writer", [this] { write(); });
    start(loops, "checkpointer", [this] { checkpoint(); });
    start(loops, "timer", [this] { keep_time(); });
    if (inspector_) start(loops, "inspector", [this] { inspector_->run(); });
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        start(workers, "worker", [this] { front_->run(); });
    }
    for (std::thread& worker : workers) worker.join();
    {
        const std::lock_guard lock(mutex_);
        loops_stopped_ = true;
    }
    beat_.notify_all();
    writer_stopped_ = true;
    writer_->wake();
    for (std::thread& loop : loops) loop.join();
    writer_->close();
}

void RunningRelay::stop() {
    for (const auto& desk : desks_) desk->stop();
    if (inspector_) inspector_->stop();
    front_->stop(kPatience);
}

void RunningRelay::write() {
    while (!writer_stopped_ || writer_->health().waiting > 0) {
        if (!writer_->wait(kLoopWait)) continue;
        const auto done = writer_->run_once();
        if (done) continue;
        seams_.on_fatal(done.error().message());
        return;
    }
}

void RunningRelay::checkpoint() {
    while (pause(kCheckpointBeat)) {
        const auto done = store_->checkpoint();
        if (done) continue;
        seams_.log.error("tunnel.checkpoint_failed", {{"reason", done.error().message()}});
    }
}

void RunningRelay::keep_time() {
    nanoseconds forget_at = seams_.clock.monotonic() + kForgetBeat;
    for (;;) {
        nanoseconds next = nanoseconds::max();
        for (const auto& desk : desks_) next = std::min(next, desk->tick());
        const nanoseconds now = seams_.clock.monotonic();
        if (now >= forget_at) {
            for (const auto& desk : desks_) desk->forget();
            forget_at = now + kForgetBeat;
        }
        constexpr nanoseconds kRound = milliseconds(1);
        const auto wait = std::chrono::duration_cast<milliseconds>(next - now + kRound);
        if (!pause(std::clamp(wait, milliseconds(1), kLoopWait))) return;
    }
}

bool RunningRelay::pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    return !beat_.wait_for(lock, time, [this] { return loops_stopped_; });
}

}  // namespace

Result<std::unique_ptr<Relay>> Relay::open(config::TunnelSettings settings, RelaySeams seams) {
    auto relay = std::make_unique<RunningRelay>(std::move(settings), std::move(seams));
    TOLLGATE_DO(relay->build());
    return std::unique_ptr<Relay>(std::move(relay));
}

}  // namespace tollgate::tunnel
