#include "tunnel/client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <pthread.h>

#include "base/time_text.h"
#include "transport/curl_client.h"
#include "tunnel/desk.h"
#include "tunnel/hands.h"
#include "tunnel/laptop_log.h"
#include "tunnel/link.h"

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using transport::ClientReply;
using transport::ClientRequest;
using transport::CurlClient;

constexpr milliseconds kHoldBeat{500};
constexpr milliseconds kHoldTimeout{4'000};
constexpr milliseconds kConnectTimeout{3'000};
constexpr milliseconds kPollTimeout = Desk::kPollTime + milliseconds(10'000);
constexpr milliseconds kBringTimeout{10'000};
constexpr milliseconds kClientLoopWait{250};
constexpr std::size_t kPollsMax = 2;
constexpr std::size_t kBringingMax = 2;
constexpr std::uint64_t kReplayMark = 512;  // Keeps our own ids apart from the relay's.

// Where a tunnel's own address was given instead of the relay's.
std::string base_of(std::string url) {
    const std::size_t scheme = url.find("://");
    const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
    const std::size_t path = url.find("/t/", start);
    if (path != std::string::npos) url.resize(path);
    while (url.ends_with('/')) url.pop_back();
    return url;
}

// The one place where the way to the relay is chosen.
CurlClient::Options relay_options(const ClientSettings& settings) {
    return {.in_flight_max = settings.exchanges * 2 + 4,
            .ca_file = settings.ca_file,
            .user_agent = "tollgate-tunnel",
            .pinned_public_key = settings.pinned_key,
            .proxy_from_environment = true};
}

class RunningClient final : public Client {
public:
    RunningClient(ClientSettings settings, ClientSeams seams)
        : settings_(std::move(settings)),
          seams_(std::move(seams)),
          relay_url_(base_of(settings_.relay_url)),
          began_(seams_.clock.monotonic()),
          replay_ids_(0),
          hold_(settings_.hold),
          log_([this](Callback callback, const Replay& replay) {
              return send_replay(std::move(callback), replay);
          }),
          app_({.user_agent = ""}),
          relay_(relay_options(settings_)) {
        std::array<std::uint8_t, 8> bytes{};
        seams_.entropy.fill(bytes);
        for (const std::uint8_t byte : bytes) session_ = session_ << 8U | byte;
    }
    RunningClient(const RunningClient&) = delete;
    RunningClient& operator=(const RunningClient&) = delete;
    // Whoever is still asked or asking ends while all that it touches lives.
    ~RunningClient() override {
        while (app_.in_flight() + relay_.in_flight() > 0) {
            app_.cancel_all();
            relay_.cancel_all();
        }
    }

    Result<Done> run() override;
    void stop() override {
        stopped_ = true;
        relay_.wake();
    }
    void set_hold(bool hold) override {
        hold_ = hold;
        relay_.wake();
    }
    ClientState state() override;
    ExchangeLog& log() override { return log_; }

private:
    Moment now() const { return {.wall = seams_.clock.now(), .since = seams_.clock.monotonic()}; }
    SessionMark next_mark();
    ClientRequest to_relay(const char* path, std::string body, milliseconds timeout) const;

    void beat(Moment at);
    void send_hold();
    void on_hold(const Result<ClientReply>& reply);
    void pump();
    void send_exchange(std::uint32_t frames_max);
    void on_exchange(std::vector<AppAnswer> answers, std::uint32_t frames_max,
                     const Result<ClientReply>& reply);
    // What was wrong with a reply; empty when it is good. Notes a refusal.
    std::string fault_of(const Result<ClientReply>& reply);
    void lost(const std::string& why);

    void take(HandOut out);
    void call_app(HandOut out, const LocalTarget& target, bool is_replay);
    void on_app(const HandOut& out, AppAnswer answer, bool is_replay);
    Result<std::uint64_t> send_replay(Callback callback, const Replay& replay);

    const ClientSettings settings_;
    const ClientSeams seams_;
    const std::string relay_url_;
    const nanoseconds began_;
    EventIds replay_ids_;
    std::uint64_t session_ = 0;
    std::atomic<bool> stopped_{false};
    std::atomic<bool> app_stopped_{false};
    std::atomic<bool> hold_;
    LaptopLog log_;
    Hands hands_;

    // The relay's thread's alone.
    std::uint64_t counter_ = 0;
    Link link_;
    SleepWatch sleep_;
    bool holding_ = false;  // A hold is under way.
    nanoseconds hold_at_{};
    std::size_t polls_ = 0;
    std::size_t bringing_ = 0;
    std::size_t wanted_ = 0;  // Callbacks that polls under way may bring.
    bool cut_ = false;        // All exchanges are to be given up.
    std::optional<Error> refused_;

    std::mutex mutex_;  // Guards state_.
    ClientState state_;

    CurlClient app_;
    CurlClient relay_;
};

// --- the way to the relay ------------------------------------------------------------------------

Result<Done> RunningClient::run() {
    std::thread app([this] {
        while (!app_stopped_) app_.run_once(kClientLoopWait);
        app_.cancel_all();
    });
    pthread_setname_np(app.native_handle(), "app");
    while (!stopped_ && !refused_) {
        const Moment at = now();
        beat(at);
        if (link_.up()) pump();
        const nanoseconds next = link_.up() ? hold_at_ : std::max(link_.next(), at.since);
        const auto wait = std::chrono::duration_cast<milliseconds>(next - at.since);
        relay_.run_once(std::clamp(wait, milliseconds(1), kClientLoopWait));
        if (std::exchange(cut_, false)) relay_.cancel_all();
    }
    app_stopped_ = true;
    app_.wake();
    app.join();
    relay_.cancel_all();
    if (refused_) return *refused_;
    return Done{};
}

void RunningClient::beat(Moment at) {
    if (sleep_.has_slept(at)) {
        seams_.log.info("tunnel.woke_up");
        relay_.cancel_all();
        link_.hurry(at.since);
    }
    if (holding_) return;
    if (link_.due(at.since) || (link_.up() && at.since >= hold_at_)) send_hold();
}

SessionMark RunningClient::next_mark() {
    using std::chrono::duration_cast;
    return {.session = session_,
            .counter = ++counter_,
            .wishes = {.drain_per_second = settings_.drain_per_second,
                       .hold = hold_,
                       .only_latest = settings_.only_latest,
                       .since = settings_.since,
                       .running = duration_cast<milliseconds>(seams_.clock.monotonic() - began_)}};
}

ClientRequest RunningClient::to_relay(const char* path, std::string body,
                                      milliseconds timeout) const {
    return {.method = "POST",
            .url = relay_url_ + path,
            .headers = {{"Authorization", "Bearer " + std::string(settings_.token.reveal())},
                        {"Content-Type", "application/octet-stream"}},
            .body = std::move(body),
            .connect_timeout = kConnectTimeout,
            .total_timeout = timeout,
            .reply_bytes_max = kMessageBytesMax,
            .fresh_connection = false};
}

void RunningClient::send_hold() {
    holding_ = true;
    hold_at_ = seams_.clock.monotonic() + kHoldBeat;
    const HoldRequest request{.mark = next_mark(), .in_hand = hands_.ids()};
    relay_.start(to_relay("/x/hold", to_wire(request), kHoldTimeout),
                 [this](const Result<ClientReply>& reply) { on_hold(reply); });
}

void RunningClient::on_hold(const Result<ClientReply>& reply) {
    holding_ = false;
    std::string fault = fault_of(reply);
    if (refused_) return;
    HoldReply held;
    if (fault.empty()) {
        if (auto read = read_hold_reply(reply->body)) {
            held = *std::move(read);
        } else {
            fault = read.error().message();
        }
    }
    const nanoseconds at = seams_.clock.monotonic();
    if (!fault.empty()) {
        lost(fault);
        static_cast<void>(link_.bad(at, seams_.random));
        return;
    }
    const bool fresh = link_.good(at);
    {
        const std::lock_guard lock(mutex_);
        state_.connected = true;
        state_.tunnel = held.tunnel;
        state_.kept = held.kept;
    }
    if (!fresh) return;
    seams_.log.info("tunnel.connected", {{"tunnel", held.tunnel}});
    std::string line =
        "connected: " + relay_url_ + "/t/" + held.tunnel + "/ -> " + settings_.target.url + "/";
    if (held.kept > 0) line += "   (" + std::to_string(held.kept) + " kept callbacks wait)";
    seams_.say(line);
}

std::string RunningClient::fault_of(const Result<ClientReply>& reply) {
    if (!reply) return reply.error().message();
    if (reply->status == 200) return {};
    if (reply->status == 401 || reply->status == 403) {
        refused_ = Error(ErrorCode::permission_denied,
                         "the relay at " + relay_url_ + " refuses the token (" +
                             std::to_string(reply->status) +
                             "): it is not one of the tunnel's token_sha256 there")
                       .because("token_refused");
        return refused_->message();
    }
    return "the relay answered " + std::to_string(reply->status) + ": " +
           reply->body.substr(0, reply->body.find('\n')).substr(0, 200);
}

void RunningClient::lost(const std::string& why) {
    // Connections of a dead link hang: give them up, and begin with new ones.
    cut_ = true;
    {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(state_.connected, false) && counter_ > 1) return;
    }
    seams_.log.warning("tunnel.disconnected", {{"reason", why}});
    seams_.say("not connected: " + why + "; trying again");
}

// Few polls with room for many callbacks each: what comes while one is on its way goes with the
// next, in both directions, so that under load one exchange carries many. An answer takes along the
// next poll; it goes by itself only while all polls wait at the relay.
void RunningClient::pump() {
    for (;;) {
        const bool has_answers = hands_.has_ready();
        const std::size_t taken = hands_.running() + wanted_;
        const std::size_t room = settings_.exchanges > taken ? settings_.exchanges - taken : 0;
        const bool may_poll = polls_ < kPollsMax && room > 0;
        if (may_poll && (has_answers || polls_ == 0)) {
            // The first leaves some of the room to the other.
            send_exchange(static_cast<std::uint32_t>(polls_ == 0 ? (room + 1) / 2 : room));
        } else if (has_answers && bringing_ < kBringingMax) {
            send_exchange(0);
        } else {
            return;
        }
    }
}

void RunningClient::send_exchange(std::uint32_t frames_max) {
    ExchangeRequest request{.mark = next_mark(),
                            .frames_max = frames_max,
                            .answers = hands_.take_ready(kFrameBytesMax)};
    std::string body = to_wire(request);
    const bool poll = frames_max > 0;
    ++(poll ? polls_ : bringing_);
    wanted_ += frames_max;
    relay_.start(
        to_relay("/x/exchange", std::move(body), poll ? kPollTimeout : kBringTimeout),
        [this, frames_max, answers = std::move(request.answers)](const Result<ClientReply>& reply) {
            on_exchange(answers, frames_max, reply);
        });
}

void RunningClient::on_exchange(std::vector<AppAnswer> answers, std::uint32_t frames_max,
                                const Result<ClientReply>& reply) {
    --(frames_max > 0 ? polls_ : bringing_);
    wanted_ -= frames_max;
    std::string fault = fault_of(reply);
    if (fault.empty()) hands_.brought(answers);
    if (!fault.empty()) hands_.not_brought(std::move(answers));
    if (refused_) return;
    if (fault.empty()) {
        if (auto read = read_exchange_reply(reply->body)) {
            for (HandOut& out : read->handed_out) take(std::move(out));
        } else {
            fault = read.error().message();
        }
    }
    if (fault.empty() || !link_.up()) return;
    lost(fault);
    static_cast<void>(link_.bad(seams_.clock.monotonic(), seams_.random));
}

// --- the app -------------------------------------------------------------------------------------

void RunningClient::take(HandOut out) {
    const Hands::Taken taken = hands_.take(out);
    {
        const std::lock_guard lock(mutex_);
        ++state_.handed;
        if (taken == Hands::Taken::remembered) ++state_.from_memory;
    }
    if (taken != Hands::Taken::execute) return;
    call_app(std::move(out), settings_.target, false);
}

void RunningClient::call_app(HandOut out, const LocalTarget& target, bool is_replay) {
    const Moment began = now();
    log_.note(out, began.wall, std::nullopt);
    ClientRequest request = local_request(out, target);
    app_.start(std::move(request), [this, out = std::move(out), began,
                                    is_replay](Result<ClientReply> reply) {
        AppAnswer answer = app_answer(out, std::move(reply));
        answer.began_at = began.wall;
        answer.duration =
            std::chrono::duration_cast<milliseconds>(seams_.clock.monotonic() - began.since);
        on_app(out, std::move(answer), is_replay);
    });
}

void RunningClient::on_app(const HandOut& out, AppAnswer answer, bool is_replay) {
    const bool answered = answer.failure == AppFailure::none;
    {
        const std::lock_guard lock(mutex_);
        ++(answered ? state_.answered : state_.no_app);
    }
    const Callback& callback = out.callback;
    seams_.say(to_rfc3339(answer.began_at) + " " + callback.method + " " +
               callback.target.substr(0, callback.target.find('?')) + " " +
               (answered ? std::to_string(answer.status)
                         : std::string(name_of(answer.failure)) + " (" + answer.error + ")") +
               " " + std::to_string(answer.duration.count()) + " ms" +
               (out.attempt > 1 ? ", attempt " + std::to_string(out.attempt) : ""));
    log_.note(answer);
    if (is_replay) return;
    hands_.done(std::move(answer));
    relay_.wake();
}

Result<std::uint64_t> RunningClient::send_replay(Callback callback, const Replay& replay) {
    if (stopped_) return Error(ErrorCode::unavailable, "the client is stopping");
    const Moment at = now();
    callback.id = replay_ids_.next(at.wall) | kReplayMark;
    callback.received_at = at.wall;
    LocalTarget target = settings_.target;
    if (replay.host) target.host = {.kind = HostRule::Kind::fixed, .name = *replay.host};
    const std::uint64_t id = callback.id;
    HandOut out{.callback = std::move(callback)};
    log_.note(out, at.wall, replay.of);
    call_app(std::move(out), target, true);
    return id;
}

ClientState RunningClient::state() {
    const std::lock_guard lock(mutex_);
    return state_;
}

}  // namespace

Result<std::unique_ptr<Client>> Client::make(ClientSettings settings, ClientSeams seams) {
    const bool known =
        settings.relay_url.starts_with("http://") || settings.relay_url.starts_with("https://");
    if (!known) {
        return Error(ErrorCode::invalid_argument,
                     "the relay's address must begin with https:// (or http://)");
    }
    if (settings.token.empty() || settings.exchanges == 0) {
        return Error(ErrorCode::invalid_argument, "a token and at least one exchange are needed");
    }
    if (!settings.pinned_key.empty() && !transport::is_public_key_pin(settings.pinned_key)) {
        return Error(ErrorCode::invalid_argument, "--pin takes \"sha256//\" and base64");
    }
    return std::unique_ptr<Client>(
        std::make_unique<RunningClient>(std::move(settings), std::move(seams)));
}

}  // namespace tollgate::tunnel
