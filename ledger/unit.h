#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ledger/books.h"

namespace tollgate::ledger {

// What units will look for first, as far as they know it. An engine that is far away fetches it for
// a whole batch at once, and locks it in one order, so that two batches never wait for each other.
// A hint: what is not foreseen is read when it is asked for.
struct Foresight {
    using Key = std::pair<std::string, std::string>;

    std::vector<Key> payments;           // By (app, out_trade_no).
    std::vector<Key> preauthorisations;  // By (app, out_auth_no).
    std::vector<NotificationKey> notifications;
    std::vector<std::string> trade_nos;
};

// One unit of work: everything it writes becomes durable together, or none of it does.
class Unit {
public:
    virtual ~Unit() = default;

    // Runs inside a transaction, on the writer's thread. Reads there what it decides on. May run
    // again (after a stale version, or when the engine dropped the batch), so it must start afresh
    // each time and touch nothing but the books. An error undoes what it wrote.
    virtual Result<Done> run(Books& books) = 0;

    // Adds what run() will look for first.
    virtual void foresee(Foresight& /*keys*/) const {}

    // Called exactly once, on the writer's thread, after the fate of the last run() is certain:
    // Done once its work is durable, else why it did not happen. Must be short and must not throw.
    virtual void finish(Result<Done> outcome) = 0;
};

// A unit made of two functions: `work` gives a Result<T>, `finish` gets it after the COMMIT.
template <typename Work, typename Finish>
class FunctionUnit : public Unit {
public:
    using Outcome = std::invoke_result_t<Work&, Books&>;

    FunctionUnit(Work work, Finish finish) : work_(std::move(work)), finish_(std::move(finish)) {}

    Result<Done> run(Books& books) override {
        outcome_ = std::make_unique<Outcome>(work_(books));
        if (!*outcome_) return outcome_->error();
        return Done{};
    }

    void finish(Result<Done> fate) override {
        if (!fate) return finish_(Outcome(std::move(fate).error()));
        finish_(std::move(*outcome_));
    }

private:
    Work work_;
    Finish finish_;
    std::unique_ptr<Outcome> outcome_;
};

template <typename Work, typename Finish>
std::unique_ptr<Unit> make_unit(Work work, Finish finish) {
    return std::make_unique<FunctionUnit<Work, Finish>>(std::move(work), std::move(finish));
}

// The same of three: `foresee` adds what `work` will look for first.
template <typename Work, typename Finish, typename Foresee>
class ForeseeingUnit final : public FunctionUnit<Work, Finish> {
public:
    ForeseeingUnit(Work work, Finish finish, Foresee foresee)
        : FunctionUnit<Work, Finish>(std::move(work), std::move(finish)),
          foresee_(std::move(foresee)) {}

    void foresee(Foresight& keys) const override { foresee_(keys); }

private:
    Foresee foresee_;
};

template <typename Work, typename Finish, typename Foresee>
std::unique_ptr<Unit> make_unit(Work work, Finish finish, Foresee foresee) {
    return std::make_unique<ForeseeingUnit<Work, Finish, Foresee>>(
        std::move(work), std::move(finish), std::move(foresee));
}

}  // namespace tollgate::ledger
