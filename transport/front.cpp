#include "transport/front.h"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/check.h"
#include "base/time_text.h"
#include "transport/connection_worker.h"
#include "transport/front_state.h"
#include "transport/listening.h"

namespace tollgate::transport {
namespace {

// How often deadlines are looked at.
constexpr std::chrono::milliseconds kTick{100};
// How many answers a loop takes on before it looks for other events.
constexpr std::size_t kAnswersATurn = 32;
// How many events a loop takes on at most before others may have the next ones.
constexpr std::size_t kSocketEventsMax = 8;

class EpollFront final : public Front {
public:
    EpollFront(FrontSeams seams, Descriptor epoll, Descriptor wake)
        : state_(seams, std::move(epoll), std::move(wake)) {}
    ~EpollFront() override { TOLLGATE_CHECK(running_.load() == 0); }
    EpollFront(const EpollFront&) = delete;
    EpollFront& operator=(const EpollFront&) = delete;

    Result<Done> prepare_to_wake();
    Result<Done> listen(Listener settings);

    void run() override;
    void stop(std::chrono::milliseconds patience) override;
    Result<Done> reload_tls() override;
    void gather_answers(const std::function<void()>& work) override;
    bool is_busy() const override;
    int port(std::string_view name) const override;
    Counters counters() const override;
    std::vector<ListenerView> listeners() const override;

private:
    using Tls = std::shared_ptr<const TlsContext>;

    Result<Tls> load_tls(const Listener& settings);
    void send_answers(ConnectionWorker& worker);
    void handle_events(ConnectionWorker& worker, std::size_t& most);
    void handle_event(ConnectionWorker& worker, const epoll_event& event);
    void sweep_when_due(ConnectionWorker& worker);
    void sweep(ConnectionWorker& worker, std::chrono::nanoseconds now);
    void cut_all();

    FrontState state_;
    std::atomic<int> running_{0};
    std::atomic<int> resting_{0};  // Threads that wait for an event.
    std::atomic<std::int64_t> next_sweep_ns_{0};
    std::atomic<std::int64_t> cut_at_ns_{0};  // 0: not stopping.
};

// Edge-triggered: a write wakes one thread once, and nobody needs to read the count away.
Result<Done> EpollFront::prepare_to_wake() {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = kWakeKey;
    const SlotTable& slots = *state_.slots;
    if (::epoll_ctl(slots.epoll(), EPOLL_CTL_ADD, slots.wake(), &event) != 0) {
        return Error(ErrorCode::unavailable, "no descriptor is left for the event loop");
    }
    return Done{};
}

Result<Done> EpollFront::listen(Listener settings) {
    TOLLGATE_TRY(auto tls, load_tls(settings));
    TOLLGATE_TRY(auto socket, listen_on(settings.address, settings.port));
    const std::uint64_t key = kListenerKey | state_.listeners.size();
    ListenerState& listener = state_.listeners.emplace_back(std::move(settings));
    listener.use_tls(std::move(tls));
    listener.event_key = key;
    listener.port = port_of(socket.get());
    listener.socket = std::move(socket);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = key;
    if (::epoll_ctl(state_.slots->epoll(), EPOLL_CTL_ADD, listener.socket.get(), &event) != 0) {
        return Error(ErrorCode::unavailable,
                     "cannot watch the socket of " + listener.settings.name);
    }
    return Done{};
}

Result<EpollFront::Tls> EpollFront::load_tls(const Listener& settings) {
    if (!settings.tls) return Tls();
    TOLLGATE_TRY(auto loaded, TlsContext::load(*settings.tls, state_.seams.clock.now()));
    state_.seams.log.info("tls.certificate_loaded", {{"listener", settings.name},
                                                     {"file", settings.tls->certificate_chain_file},
                                                     {"expires", to_rfc3339(loaded->expires())}});
    return loaded;
}

Result<Done> EpollFront::reload_tls() {
    std::vector<Tls> loaded;
    for (const ListenerState& listener : state_.listeners) {
        TOLLGATE_TRY(auto tls, load_tls(listener.settings));
        loaded.push_back(std::move(tls));
    }
    for (std::size_t i = 0; i < loaded.size(); ++i) {
        state_.listeners[i].use_tls(std::move(loaded[i]));
    }
    return Done{};
}

void EpollFront::run() {
    running_.fetch_add(1);
    ConnectionWorker worker(state_);
    std::size_t most = 1;
    while (!state_.finished.load()) {
        send_answers(worker);
        handle_events(worker, most);
        sweep_when_due(worker);
    }
    state_.slots->wake_one();
    running_.fetch_sub(1);
}

void EpollFront::send_answers(ConnectionWorker& worker) {
    std::array<std::uint32_t, kAnswersATurn> indices{};
    const std::size_t taken = state_.slots->take_to_send(indices);
    for (std::size_t i = 0; i < taken; ++i)
        worker.on_event(state_.slots->at(indices[i]), Slot::Sign::none);
}

void EpollFront::gather_answers(const std::function<void()>& work) {
    state_.slots->begin_gathering();
    work();
    state_.slots->end_gathering();
}

// One event a call, so that the kernel hands the next one to whichever thread is free; more, to ask
// the kernel less often, while there have been more than that each time.
void EpollFront::handle_events(ConnectionWorker& worker, std::size_t& most) {
    std::array<epoll_event, kSocketEventsMax> events{};
    resting_.fetch_add(1, std::memory_order_relaxed);
    const int taken = ::epoll_wait(state_.slots->epoll(), events.data(), static_cast<int>(most),
                                   static_cast<int>(kTick.count()));
    resting_.fetch_sub(1, std::memory_order_relaxed);
    for (int i = 0; i < taken; ++i) {
        if (i > 0) send_answers(worker);
        handle_event(worker, events.at(static_cast<std::size_t>(i)));
    }
    most = static_cast<std::size_t>(std::max(taken, 0)) == most
               ? std::min(most * 2, kSocketEventsMax)
               : 1;
}

void EpollFront::handle_event(ConnectionWorker& worker, const epoll_event& event) {
    const std::uint64_t key = event.data.u64;
    if (key == kWakeKey) return;
    if ((key & kListenerKey) != 0) {
        accept_waiting(state_, state_.listeners[key & ~kListenerKey]);
    } else {
        const bool is_end = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        worker.on_event(state_.slots->at(key), is_end ? Slot::Sign::end : Slot::Sign::input);
    }
}

bool EpollFront::is_busy() const {
    return running_.load(std::memory_order_relaxed) > 1 &&
           resting_.load(std::memory_order_relaxed) == 0;
}

void EpollFront::sweep_when_due(ConnectionWorker& worker) {
    const auto now = state_.seams.clock.monotonic();
    std::int64_t due = next_sweep_ns_.load(std::memory_order_relaxed);
    if (now.count() < due) return;
    const std::int64_t next = (now + std::chrono::nanoseconds(kTick)).count();
    if (!next_sweep_ns_.compare_exchange_strong(due, next)) return;  // Another thread does it.
    sweep(worker, now);
}

void EpollFront::sweep(ConnectionWorker& worker, std::chrono::nanoseconds now) {
    for (std::uint64_t i = 0; i < state_.slots->size(); ++i) {
        Slot& slot = state_.slots->at(i);
        const Slot::Expired expired = slot.expire(now);
        if (expired.ticket_answered) state_.slots->open_tickets().fetch_sub(1);
        if (expired.to_send) state_.slots->to_send(slot);
        if (expired.claimed) worker.on_deadline(slot, *expired.claimed);
    }
    // Descriptors may have been freed elsewhere in the process.
    for (ListenerState& listener : state_.listeners) {
        if (listener.paused.load()) resume(state_, listener);
    }
    const std::int64_t cut_at = cut_at_ns_.load();
    if (cut_at != 0 && now.count() >= cut_at) cut_all();
}

void EpollFront::cut_all() {
    for (std::uint64_t i = 0; i < state_.slots->size(); ++i) {
        Slot& slot = state_.slots->at(i);
        const Slot::Cut cut = slot.cut();
        if (cut.ticket_dropped) state_.slots->open_tickets().fetch_sub(1);
        if (cut.claimed) close_connection(state_, slot);
    }
}

void EpollFront::stop(std::chrono::milliseconds patience) {
    for (ListenerState& listener : state_.listeners) stop_listening(state_, listener);
    const auto cut_at = state_.seams.clock.monotonic() + patience;
    cut_at_ns_.store(std::max<std::int64_t>(1, std::chrono::nanoseconds(cut_at).count()));
    state_.draining.store(true);
    for (std::uint64_t i = 0; i < state_.slots->size(); ++i) state_.slots->at(i).hurry_if_idle();
    next_sweep_ns_.store(0);
    state_.slots->wake_one();
    if (state_.connections.load() == 0) finish(state_);
}

int EpollFront::port(std::string_view name) const {
    for (const ListenerState& listener : state_.listeners) {
        if (listener.settings.name == name) return listener.port;
    }
    TOLLGATE_CHECK(false);
    return 0;
}

Front::Counters EpollFront::counters() const {
    return {.connections = state_.connections.load(),
            .tickets = state_.slots->open_tickets().load(),
            .requests = state_.requests.load(),
            .refusals = state_.refusals.load(),
            .tls_handshakes = state_.tls_handshakes.load(),
            .tls_failures = state_.tls_failures.load()};
}

std::vector<Front::ListenerView> EpollFront::listeners() const {
    std::vector<ListenerView> views;
    for (const ListenerState& listener : state_.listeners) {
        ListenerView& view = views.emplace_back();
        view.name = listener.settings.name;
        view.connections = listener.connections.load();
        view.connections_max = listener.settings.limits.connections_max;
        for (const auto& meter : listener.settings.router.meters()) {
            view.meters.push_back(meter.get());
        }
        view.meters.push_back(&listener.unrouted);
        if (const auto tls = listener.tls()) view.certificate_until = tls->expires();
    }
    return views;
}

}  // namespace

Result<std::unique_ptr<Front>> Front::open(std::vector<Listener> listeners, FrontSeams seams) {
    Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!epoll || !wake) {
        return Error(ErrorCode::unavailable, "no descriptor is left for the event loop");
    }
    auto front = std::make_unique<EpollFront>(seams, std::move(epoll), std::move(wake));
    TOLLGATE_DO(front->prepare_to_wake());
    for (Listener& listener : listeners) TOLLGATE_DO(front->listen(std::move(listener)));
    return Result<std::unique_ptr<Front>>(std::move(front));
}

}  // namespace tollgate::transport
