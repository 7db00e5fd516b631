#include "transport/slot_table.h"

#include <utility>

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
    if (at(index).settle(ticket, std::move(response))) open_tickets_.fetch_sub(1);
}

}  // namespace tollgate::transport
