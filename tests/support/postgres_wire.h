#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/fakes.h"

namespace tollgate::testing {

// A wire between clients and the server, which can be cut at the worst moment.
class PostgresWire {
public:
    // `conninfo`: the server's own, with a host that is a folder.
    explicit PostgresWire(const std::string& conninfo);
    ~PostgresWire();
    PostgresWire(const PostgresWire&) = delete;
    PostgresWire& operator=(const PostgresWire&) = delete;

    // Goes by the wire.
    std::string conninfo() const;

    // The next answer to a COMMIT is lost, and the connection with it: it has been committed.
    void lose_next_commit() { lose_commit_ = true; }
    // The next question that holds these bytes waits on the way, and the client is cut off; the
    // server hears nothing of that until deliver_held(). Call it while nobody asks anything.
    void hold_next_with(std::string bytes) {
        held_ = std::move(bytes);
        holds_ = true;
    }
    // It arrives after all; returns when the server has answered it.
    void deliver_held();
    // Nothing gets through any more, in either direction, and nobody is told.
    void fall_silent() { silent_ = true; }
    // So many questions to be prepared or run have been lost by that.
    int lost_questions() const { return lost_questions_; }
    // So many times the client has waited for the server since the last call.
    int round_trips() { return round_trips_.exchange(0); }

private:
    void run();
    void carry(int client);
    void carry(int client, int server);
    void lose(std::string_view question);
    // True when it was held back: then the server's side is kept for it.
    bool held_back(std::string_view question, int server);

    TempFolder folder_;
    std::string server_;    // The path of its socket.
    std::string the_rest_;  // Of the conninfo.
    int listening_ = -1;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> lose_commit_ = false;
    std::atomic<bool> holds_ = false;
    std::atomic<bool> silent_ = false;
    std::atomic<int> lost_questions_ = 0;
    std::string held_;                // While `holds_` what is looked for, then the question.
    std::atomic<int> held_for_ = -1;  // The connection to the server; set after `held_`.
    std::atomic<int> round_trips_ = 0;
    std::vector<std::thread> carriers_;  // One a client.
    std::thread thread_;
};

}  // namespace tollgate::testing
