#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {

// Both clocks at one moment.
struct Moment {
    Timestamp wall;                    // Ages and retention.
    std::chrono::nanoseconds since{};  // Monotonic: time-outs.
};

enum class EventState {
    arriving,    // Not durable yet.
    kept,        // Durable, and waits for a laptop.
    handed_out,  // Given to a poll; nobody has said yet that it arrived.
    in_hand,     // The laptop says that it has it.
};

struct QueueRules {
    std::chrono::milliseconds hold_lapse{1'500};       // In nobody's list for so long: put back.
    std::chrono::milliseconds session_silence{5'000};  // Not heard of for so long: offline.
    std::chrono::milliseconds answer_wait{8'000};      // For the laptop's real answer.
    std::chrono::milliseconds kept_for{std::chrono::hours(72)};
    std::int64_t kept_bytes_max = 64 * 1024 * 1024;  // Of what waits; beyond: refused.
    bool owned = false;  // We told the provider "success": go on until the app says so, too.
};

// How the provider's sendings of one notification are told to be the same. A strong key (an id that
// the provider gave) means the same notification at any time; a weak one (the hash of method,
// target and body) only while the earlier one still waits and nobody listens for its answer.
struct EventKey {
    std::string text;
    bool strong = false;
};

// What is left to do for the callbacks of one tunnel, and which of them is due next. Decides and
// does nothing: no I/O, no lock, no clock. Whoever is answered or dropped leaves the queue.
class EventQueue {
public:
    explicit EventQueue(QueueRules rules);

    struct Arrival {
        std::uint64_t id = 0;  // For it, if it is a new one.
        EventKey key;
        std::string place;  // Method and path, for "only the latest".
        std::int64_t bytes = 0;
        bool keep = true;     // False: worth nothing when its sender has left, as a page's GET.
        bool waiting = true;  // Somebody listens for the answer.
    };
    struct Arrived {
        enum class Kind {
            fresh,     // A new one: write it, then written().
            replaces,  // The kept one gets these bytes: write them, then written().
            joins,     // It is on its way already: nothing to write, the answer is for both.
            full,      // No room: refuse it.
        };
        Kind kind = Kind::fresh;
        std::uint64_t id = 0;
        int round = 1;
        int sendings = 1;
    };
    Arrived arrive(Arrival arrival, Moment now);
    void written(std::uint64_t id);
    // It could not be made durable: as if it had not come. An earlier sending stays.
    void not_written(std::uint64_t id);

    // What the store holds at the start.
    struct Restored {
        std::uint64_t id = 0;
        EventKey key;
        std::string place;
        std::int64_t bytes = 0;
        Timestamp first_received_at;
        int attempts = 0;
        int round = 1;
        int sendings = 1;
    };
    void restore(const Restored& restored);
    void restore_finished(const EventKey& key, std::uint64_t id, int round, int sendings);

    // A sign of life of a client. Gives what it does not want any more, which has left the queue.
    std::vector<std::uint64_t> hear(std::uint64_t session, const Wishes& wishes, Moment now);
    bool online(Moment now) const;
    // Whether a poll of this session is worth an event: it said something a moment ago.
    bool lively(std::uint64_t session, Moment now) const;

    struct Due {
        std::uint64_t id = 0;
        int attempt = 1;
        int round = 1;
        Timestamp first_received_at;
        bool kept = false;  // From what was kept: nobody listens for its answer any more.
    };
    // What to hand to this session now, at most `limit`: live ones first, then the kept ones,
    // oldest first and no faster than the client wishes.
    std::vector<Due> take(std::uint64_t session, std::size_t limit, Moment now);
    void confirm(std::uint64_t session, const std::vector<std::uint64_t>& ids, Moment now);

    struct Answered {
        bool known = false;     // False: it had its answer before, or was dropped.
        bool finished = false;  // It has left the queue; else it will be tried again.
        bool was_waiting = false;
        int sendings = 1;
    };
    Answered answer(const AppAnswer& answer, Moment now);

    struct Ticked {
        std::vector<std::uint64_t> offline;  // Nobody took it; whoever listened must be told.
        std::vector<std::uint64_t> slow;     // The laptop has it; whoever listened must be told.
        std::vector<std::uint64_t> dropped;  // Left the queue unanswered.
        std::size_t put_back = 0;            // Taken from a client that is gone.
    };
    Ticked tick(Moment now);
    // Stopping: nobody listens any more. Gives those that were listened for.
    std::vector<std::uint64_t> hush();

    // When tick() may have something new to say, or take(), if somebody polls.
    std::chrono::nanoseconds next_due(Moment now, bool polled) const;

    std::optional<EventState> state_of(std::uint64_t id) const;
    bool waits(std::uint64_t id) const;
    std::size_t kept() const { return ready_kept_.size(); }
    std::int64_t bytes() const { return bytes_; }
    // All that has no answer yet, whoever has it.
    std::size_t depth() const { return entries_.size(); }
    std::optional<Timestamp> oldest() const;
    // Clients that were heard of a moment ago.
    std::size_t sessions(Moment now) const;

    // Between two tries of a callback whose app did not answer: 1 s, 2 s, 5 s … 60 s.
    static std::chrono::milliseconds retry_wait(int attempts_made);

    static constexpr std::size_t kFinishedKeysMax = 10'000;

private:
    using Nanoseconds = std::chrono::nanoseconds;

    struct Entry {
        EventKey key;
        std::string place;
        EventState state = EventState::arriving;
        std::int64_t bytes = 0;
        Timestamp first_received_at;
        Timestamp received_at;
        bool keep = true;
        bool waiting = false;
        bool stored = false;  // An earlier sending is durable.
        Nanoseconds wait_until{};
        Nanoseconds not_before{};
        Nanoseconds confirmed{};
        std::uint64_t session = 0;
        int attempts = 0;
        int round = 1;
        int sendings = 1;
    };
    using Entries = std::map<std::uint64_t, Entry>;
    struct Finished {
        std::uint64_t id = 0;
        int round = 1;
        int sendings = 1;
    };
    struct Session {
        Nanoseconds heard{};
        bool known = false;
    };

    Arrived arrive_again(Entries::iterator found, const Arrival& arrival, Moment now);
    void listen(Entry& entry, bool waiting, Moment now) const;
    void put(std::uint64_t id, Entry& entry, EventState state);
    void take_out(std::uint64_t id, const Entry& entry);
    void erase(Entries::iterator found);
    void set_waiting(std::uint64_t id, Entry& entry, bool waiting);
    void remember_finished(const EventKey& key, Finished finished);
    std::vector<std::uint64_t> drop_unwanted(const Wishes& wishes, Moment now);

    const QueueRules rules_;
    Entries entries_;
    std::unordered_map<std::string, std::uint64_t> by_key_;
    std::set<std::uint64_t> ready_live_;                          // Kept, and listened for.
    std::set<std::pair<Nanoseconds, std::uint64_t>> ready_kept_;  // By not_before, then age.
    std::set<std::uint64_t> busy_;                                // Handed out or in hand.
    std::set<std::uint64_t> waiting_;
    std::unordered_map<std::string, Finished> finished_;
    std::deque<std::string> finished_order_;
    std::map<std::uint64_t, Session> sessions_;
    Wishes wishes_;
    TokenBucket drain_{10, 1};
    std::int64_t bytes_ = 0;
};

}  // namespace tollgate::tunnel
