#pragma once

#include <chrono>

namespace tollgate::ledger {

// Between processes that share a ledger: "there is something new to show". A hint saves whoever
// waits a look or two; it may be lost, and nothing may depend on it.
class Hints {
public:
    virtual ~Hints() = default;

    // Tells the others soon. From any thread; never waits.
    virtual void tell() = 0;

    // Passes on what was told, and waits until another process has told something (true) or
    // `patience` is over. For one thread.
    virtual bool run_once(std::chrono::milliseconds patience) = 0;

    // Ends a run_once() soon. From any thread.
    virtual void wake() = 0;
};

}  // namespace tollgate::ledger
