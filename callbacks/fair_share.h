#pragma once

#include <span>
#include <vector>

namespace tollgate::callbacks {

// Shares `room` out among those who want some of it: everyone gets what he wants, or as much as
// everyone else who wants more than there is. What cannot be split evenly goes to the first ones
// from `start` on, so that a caller who moves `start` along treats everyone alike.
std::vector<int> share_out(int room, std::span<const int> wants, std::size_t start);

}  // namespace tollgate::callbacks
