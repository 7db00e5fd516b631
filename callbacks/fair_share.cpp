#include "callbacks/fair_share.h"

#include <algorithm>
#include <numeric>

namespace tollgate::callbacks {

std::vector<int> share_out(int room, std::span<const int> wants, std::size_t start) {
    std::vector<int> shares(wants.size(), 0);
    if (wants.empty()) return shares;
    // The most modest first: what they leave is shared by the others.
    std::vector<std::size_t> order(wants.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(start % wants.size()));
    std::ranges::stable_sort(order, {}, [&](std::size_t index) { return wants[index]; });
    int left = std::max(room, 0);
    auto waiting = static_cast<int>(order.size());
    for (const std::size_t index : order) {
        const int fair = left / waiting + (left % waiting == 0 ? 0 : 1);
        shares[index] = std::min(std::max(wants[index], 0), fair);
        left -= shares[index];
        --waiting;
    }
    return shares;
}

}  // namespace tollgate::callbacks
