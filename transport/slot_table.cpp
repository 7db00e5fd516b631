#include "transport/slot_table.h"

#include <algorithm>
#include <utility>

#include <sys/eventfd.h>

#include "base/check.h"

namespace tollgate::transport {

Slot* SlotTable::take_free() {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
        // The last one back is the first one out: its memory is warm, and the table stays dense.
        const std::uint64_t index = free_.back();
        free_.pop_back();
        return &at(index);
    }
    const std::uint64_t index = size_.load(std::memory_order_relaxed);
    if (index / kChunkSlots == kChunksMax) return nullptr;
    auto& chunk = chunks_[index / kChunkSlots];
    if (!chunk) chunk = std::make_unique<Chunk>();
    auto& slot = (*chunk)[index % kChunkSlots];
    slot = std::make_unique<Slot>(epoll_.get(), static_cast<std::uint32_t>(index));
    size_.store(index + 1, std::memory_order_release);  // Readers see the slot or no number for it.
    return slot.get();
}

void SlotTable::give_back(std::uint64_t index) {
    const std::lock_guard lock(mutex_);
    free_.push_back(index);
}

Slot& SlotTable::at(std::uint64_t index) {
    TOLLGATE_CHECK(index < size());
    return *(*chunks_[index / kChunkSlots])[index % kChunkSlots];
}

void SlotTable::complete(std::uint64_t ticket, ServerResponse response) {
    const std::uint64_t index = ticket & ((std::uint64_t{1} << kSlotIndexBits) - 1);
    if (index >= size()) return;
    Slot& slot = at(index);
    const Slot::Settled settled = slot.settle(ticket, std::move(response));
    if (settled != Slot::Settled::too_late) open_tickets_.fetch_sub(1);
    if (settled == Slot::Settled::to_send) to_send(slot);
}

void SlotTable::to_send(Slot& slot) {
    bool first = false;
    {
        const std::lock_guard lock(sending_mutex_);
        first = to_send_.empty();
        to_send_.push_back(slot.index());
        anything_to_send_.store(true);
    }
    // Whoever found it empty before has woken somebody who has not been here yet.
    if (first && gathering_.load(std::memory_order_relaxed) != std::this_thread::get_id()) {
        wake_one();
    }
}

std::size_t SlotTable::take_to_send(std::span<std::uint32_t> indices) {
    if (!anything_to_send_.load()) return 0;
    std::size_t taken = 0;
    bool more = false;
    {
        const std::lock_guard lock(sending_mutex_);
        taken = std::min(indices.size(), to_send_.size());
        const auto end = to_send_.begin() + static_cast<std::ptrdiff_t>(taken);
        std::copy(to_send_.begin(), end, indices.begin());
        to_send_.erase(to_send_.begin(), end);
        more = !to_send_.empty();
        anything_to_send_.store(more);
    }
    if (more) wake_one();
    return taken;
}

void SlotTable::begin_gathering() {
    gathering_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

void SlotTable::end_gathering() {
    gathering_.store({}, std::memory_order_relaxed);
    if (anything_to_send_.load()) wake_one();
}

void SlotTable::wake_one() const {
    ::eventfd_write(wake_.get(), 1);
}

}  // namespace tollgate::transport
