#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/sqlite.h"

namespace tollgate::simulation {

// The simulation's own look into the ledger for what is due, beside the process that writes it. Its
// connection is opened when it is first needed.
class DueLook {
public:
    DueLook(std::string file, const char* vfs) : file_(std::move(file)), vfs_(vfs) {}

    // When a timer of the product's would next find something to do: what was due before `soon`, or
    // the first that comes after it. Nothing when there is none; `soon` when nobody can say.
    std::optional<Timestamp> next(Timestamp soon);

    // Everything has been delivered, nothing is under way, and nothing is due before `until`.
    bool nothing_until(Timestamp until);

private:
    bool open();

    const std::string file_;
    const char* const vfs_;
    std::optional<Database> db_;
    std::vector<Statement> next_;  // What next() reads, one after the other.
    std::optional<Statement> nothing_;
};

}  // namespace tollgate::simulation
