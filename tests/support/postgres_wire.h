#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tests/support/fakes.h"

namespace tollgate::testing {

// A wire between one client at a time and the server, which can be cut at the worst moment.
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
    // So many times the client has waited for the server since the last call.
    int round_trips() { return round_trips_.exchange(0); }

private:
    void run();
    void carry(int client);

    TempFolder folder_;
    std::string server_;    // The path of its socket.
    std::string the_rest_;  // Of the conninfo.
    int listening_ = -1;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> lose_commit_ = false;
    std::atomic<int> round_trips_ = 0;
    std::thread thread_;
};

}  // namespace tollgate::testing
