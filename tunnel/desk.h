#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "config/tunnel_settings.h"
#include "transport/http_message.h"
#include "transport/ticket.h"
#include "tunnel/event_queue.h"
#include "tunnel/group_writer.h"
#include "tunnel/provider_answers.h"
#include "tunnel/relay_store.h"

namespace tollgate::tunnel {

// Numbers that grow with time and are never given twice, not even after a restart with a lost
// store; below 2^53. Safe from any thread.
class EventIds {
public:
    explicit EventIds(std::uint64_t last) : last_(last) {}
    std::uint64_t next(Timestamp now);

private:
    std::atomic<std::uint64_t> last_;
};

// What has happened to a tunnel's callbacks since the start.
struct TunnelCounters {
    std::uint64_t received = 0;
    std::uint64_t resent = 0;                // Of those: sent again by the provider.
    std::uint64_t superseded = 0;            // Of those: took the place of a kept one.
    std::uint64_t handed_out = 0;            // To the laptop, each try counted.
    std::uint64_t drained = 0;               // Of those: had been kept.
    std::uint64_t put_back = 0;              // Taken from a client that was gone.
    std::uint64_t answered = 0;              // By the app.
    std::uint64_t no_app = 0;                // Tries that ended without an answer of the app's.
    std::uint64_t told_offline = 0;          // 503, or accepted in its place.
    std::uint64_t told_slow = 0;             // 504, or accepted in its place.
    std::uint64_t refused_large = 0;         // 413
    std::uint64_t refused_many = 0;          // 429
    std::uint64_t refused_full = 0;          // 503 and not kept.
    std::uint64_t dropped = 0;               // Expired, or passed over at the client's wish.
    std::uint64_t kept_ever = 0;             // Whose sender was told so, or was gone.
    std::uint64_t kept = 0;                  // Waiting now.
    std::uint64_t depth = 0;                 // All without an answer now, whoever has them.
    std::int64_t bytes = 0;                  // What those take.
    std::chrono::milliseconds oldest_age{};  // Of those.
    std::uint64_t sessions = 0;              // Clients that are there now.
    bool online = false;
};

// One tunnel on the relay: takes callbacks in, hands them to polls, brings answers back. Decisions
// are the EventQueue's; what is here stores, answers and wakes. Safe from any thread; never waits.
class Desk {
public:
    struct Seams {
        Clock& clock;
        Log& log;
        GroupWriter& writer;
        RelayReader& reader;
        EventIds& ids;
        bool durable = true;              // False: hand on what is not on the disk yet.
        std::function<void()> on_change;  // Something that an inspector shows.
    };
    Desk(config::TunnelDoor door, Seams seams);

    const config::TunnelDoor& door() const { return door_; }

    // Before anything else: what the store holds.
    void restore(const RelayStore::Waiting& waiting);
    void restore_finished(const RelayStore::FinishedKey& finished);

    // A request from outside; all of it but id and received_at is filled in.
    void take_in(Callback callback, transport::Ticket ticket);
    // POST /x/exchange and /x/hold. The first answers when something is due.
    void exchange(ExchangeRequest request, transport::Ticket ticket);
    HoldReply hold(const HoldRequest& request);
    // An exchange of the store, once more; its id is set here. Gives the id. Errors: unavailable.
    Result<std::uint64_t> replay(Callback callback, std::uint64_t of);

    // What has become durable since the last call goes out now, all of it together.
    void hand_out_stored();
    // Ends what has waited for too long. Gives the moment of the next call.
    std::chrono::nanoseconds tick();
    // Answers everybody who waits; takes nothing more.
    void stop();
    // Forgets what is finished and old, in steps: each is one write, and the next one follows while
    // there is more. Call now and then, for what gets old; a flood calls for it by itself.
    void forget();

    TunnelCounters counters();

    static constexpr std::chrono::milliseconds kPollTime{20'000};

private:
    struct Listening {
        std::shared_ptr<const Callback> callback;  // Null: read it from the store.
        std::vector<transport::Ticket> tickets;
    };
    struct Poll {
        transport::Ticket ticket;
        std::uint64_t session = 0;
        std::size_t frames_max = 1;
        std::chrono::nanoseconds until{};
    };
    // An answer that is known, to be given when the lock is off.
    struct Reply {
        std::vector<transport::Ticket> tickets;
        transport::ServerResponse response;
    };
    struct HandingOver {
        transport::Ticket ticket;
        std::vector<EventQueue::Due> due;
        std::vector<std::shared_ptr<const Callback>> callbacks;  // As due; null: in the store.
    };

    Moment now() const;
    void store_event(StoredEvent event, EventQueue::Arrived::Kind kind);
    void note_came(std::int64_t bytes);
    void on_forgotten(bool is_more);
    void on_stored(std::uint64_t id, const Result<Done>& stored);
    void take_answers(std::vector<AppAnswer> answers, std::vector<Reply>& replies);
    void store_answers(std::vector<std::pair<AppAnswer, EventQueue::Answered>> answers);
    void store_dropped(std::vector<std::uint64_t> ids);
    void tick_locked(Moment at, std::vector<Reply>& replies, std::vector<std::uint64_t>& dropped);
    // Takes whoever listens for this one.
    std::vector<transport::Ticket> take_tickets(std::uint64_t id);
    std::vector<HandingOver> match_polls(Moment at);
    void hand_over(std::vector<HandingOver> handing_over);
    static void give(std::vector<Reply> replies);
    void match_and_hand_over();

    const config::TunnelDoor door_;
    const Seams seams_;
    std::mutex mutex_;  // Guards the rest; never held over I/O.
    EventQueue queue_;
    TokenBucket rate_;
    std::unordered_map<std::uint64_t, Listening> listening_;
    std::deque<Poll> polls_;
    TunnelCounters counters_;
    std::int64_t came_bytes_ = 0;  // Stored since the last step of forgetting was put in line.
    bool forgetting_ = false;      // A step is in line.
    bool has_stored_ = false;      // Something to hand out, or to show.
    bool stopped_ = false;
};

}  // namespace tollgate::tunnel
