#pragma once

#include <cstdint>
#include <mutex>
#include <span>

namespace tollgate {

// Randomness for jitter. A predictable jitter is a test; a predictable key is a hole, so keys and
// ids come from Entropy instead.
class Random {
public:
    virtual ~Random() = default;

    // Uniform in [0, bound). Requires bound > 0.
    virtual std::uint64_t below(std::uint64_t bound) = 0;
};

// Unpredictable bytes for keys, ids and nonces. signing/entropy.h has the real one; tests count.
// Implementations are safe to call from several threads.
class Entropy {
public:
    virtual ~Entropy() = default;
    virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

// splitmix64: tiny, well mixed, and the same on every machine (the standard library's
// distributions are not). Safe to share between threads.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t below(std::uint64_t bound) override;

private:
    std::mutex mutex_;
    std::uint64_t state_;
};

}  // namespace tollgate
