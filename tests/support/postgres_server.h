#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/support/fakes.h"
#include "tests/support/program.h"

namespace tollgate::testing {

// A real PostgreSQL with a data directory of its own and a socket in it; nobody else reaches it.
// Gone at the end, however the test program ends.
class PostgresServer {
public:
    // False where the package is not installed.
    static bool is_installed();
    // The one of this test program, started when it is first asked for. Null where it is not
    // installed.
    static PostgresServer* shared();

    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // False when it did not come up; its log is then in log().
    bool start();
    // As when the power goes; start() recovers.
    void kill();

    // A database of its own; libpq's words for it. With the template, which must have nobody in it.
    std::string new_database(const std::string& from_template = "template1");
    std::string conninfo(const std::string& database) const;
    std::string log() const;

    // Runs a statement as the owner of everything; the first value that it gives, or nothing.
    static std::optional<std::string> ask(const std::string& conninfo, const std::string& sql);

private:
    TempFolder folder_;
    std::optional<Program> server_;
    int databases_ = 0;
};

}  // namespace tollgate::testing
