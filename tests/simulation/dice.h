#pragma once

#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/random.h"

namespace tollgate::simulation {

// splitmix64: tiny, well mixed, and the same on every machine. Everything that a run leaves to
// chance comes from such a stream, and every stream from the run's seed.
class Dice final : public Random, public Entropy {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    std::uint64_t below(std::uint64_t bound) override {
        TOLLGATE_CHECK(bound > 0);
        return next() % bound;
    }
    // Both ends included.
    std::int64_t between(std::int64_t least, std::int64_t most) {
        TOLLGATE_CHECK(least <= most);
        return least +
               static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
    }
    // One in a thousand is the smallest chance that is not none.
    bool chance(int permille) {
        return permille > 0 && below(1000) < static_cast<std::uint64_t>(permille);
    }
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(next() >> 56U);
    }
    // A stream of its own, so that one more draw there moves nothing here.
    Dice split() { return Dice(next()); }
    // The same without a draw: for what came later, so that old seeds play as they did.
    Dice aside() const {
        Dice copy = *this;
        return copy.split();
    }

private:
    std::uint64_t state_;
};

}  // namespace tollgate::simulation
