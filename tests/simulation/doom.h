#pragma once

#include <cstdint>

#include "tests/simulation/dice.h"

namespace tollgate::simulation {

// Where a process can die: in a write or a sync, as a message leaves it (before or after), or
// between two steps.
enum class Touch { disk, message, step };

// When the process under test dies. Each death is drawn beforehand as the nth touch of a kind, so
// that every place gets its turn, those that are seldom touched included.
class Doom {
public:
    Doom(Dice dice, int deaths, int touches_max)
        : dice_(dice), deaths_left_(deaths), touches_max_(touches_max) {
        draw();
    }
    // Dies once, at exactly that touch of any kind: for going through all of them.
    static Doom at(std::int64_t touch) {
        Doom doom(Dice(1), 1, 1);
        doom.any_kind_ = true;
        doom.touches_left_ = touch;
        return doom;
    }

    // True: it dies here.
    bool touch(Touch kind) {
        if (deaths_left_ <= 0 || (kind != kind_ && !any_kind_)) return false;
        if (--touches_left_ > 0) return false;
        --deaths_left_;
        draw();
        return true;
    }
    void spare() { deaths_left_ = 0; }

private:
    void draw() {
        const auto kind = dice_.below(10);
        kind_ = kind < 5 ? Touch::disk : kind < 9 ? Touch::message : Touch::step;
        touches_left_ = dice_.between(1, touches_max_);
    }

    Dice dice_;
    int deaths_left_;
    int touches_max_;
    bool any_kind_ = false;
    Touch kind_ = Touch::disk;
    std::int64_t touches_left_ = 0;
};

}  // namespace tollgate::simulation
