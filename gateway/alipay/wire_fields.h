#pragma once

#include <array>
#include <cstddef>

#include "gateway/alipay/method.h"

namespace tollgate::gateway {

// Runs of fields that methods have in common, one behind the other.
template <std::size_t... Sizes>
constexpr std::array<WireField, (Sizes + ...)> joined(const std::array<WireField, Sizes>&... runs) {
    std::array<WireField, (Sizes + ...)> all{};
    std::size_t at = 0;
    const auto append = [&all, &at](const auto& run) {
        for (const WireField& field : run) all[at++] = field;
    };
    (append(runs), ...);
    return all;
}

}  // namespace tollgate::gateway
