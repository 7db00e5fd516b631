#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"

namespace tollgate {

// How often a value fell into which class: what a histogram is made of. Counting takes two relaxed
// additions and no lock, from any thread; a reading may catch one between the two.
class Tally {
public:
    static constexpr std::size_t kBoundsMax = 20;

    struct Reading {
        std::span<const std::int64_t> bounds;
        std::vector<std::uint64_t> counts;  // Of each class; the last one is beyond every bound.
        std::int64_t sum = 0;
    };

    // Upper bounds that belong to their class, ascending. They must live for ever.
    explicit Tally(std::span<const std::int64_t> bounds) : bounds_(bounds) {
        TOLLGATE_CHECK(bounds.size() <= kBoundsMax);
    }

    void note(std::int64_t value) {
        std::size_t place = 0;
        while (place < bounds_.size() && value > bounds_[place]) ++place;
        counts_[place].fetch_add(1, std::memory_order_relaxed);
        sum_.fetch_add(value, std::memory_order_relaxed);
    }

    Reading read() const {
        Reading reading{.bounds = bounds_, .counts = {}, .sum = 0};
        for (std::size_t i = 0; i <= bounds_.size(); ++i) {
            reading.counts.push_back(counts_[i].load(std::memory_order_relaxed));
        }
        reading.sum = sum_.load(std::memory_order_relaxed);
        return reading;
    }

private:
    const std::span<const std::int64_t> bounds_;
    std::array<std::atomic<std::uint64_t>, kBoundsMax + 1> counts_{};
    std::atomic<std::int64_t> sum_{0};
};

}  // namespace tollgate
