#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "transport/descriptor.h"
#include "transport/slot.h"
#include "transport/ticket.h"

namespace tollgate::transport {

// All slots of a front, and the office that its tickets are handed in at. Slots are made when they
// are needed and live as long as the table, so a pointer to one is always good.
//
// Tickets hold the table weakly: one that outlives the front answers nobody. Safe from any thread.
class SlotTable final : public TicketOffice {
public:
    // `wake` is an eventfd that the loops wait for as well.
    SlotTable(Descriptor epoll, Descriptor wake)
        : epoll_(std::move(epoll)), wake_(std::move(wake)) {}

    int epoll() const { return epoll_.get(); }
    int wake() const { return wake_.get(); }
    // Makes one thread that waits for an event look at what there is to do.
    void wake_one() const;

    // A free slot for a new connection. nullptr: the table is full (over 16 million).
    Slot* take_free();
    void give_back(std::uint64_t index);

    // The slot of that number. Requires that there is one.
    Slot& at(std::uint64_t index);
    std::uint64_t size() const { return size_.load(std::memory_order_acquire); }

    void complete(std::uint64_t ticket, ServerResponse response) override;
    // Its answer is made, and a loop must be told.
    void to_send(Slot& slot);
    // Takes a few of those, for the caller to send; the number taken. Another loop has been woken
    // when there are more.
    std::size_t take_to_send(std::span<std::uint32_t> indices);

    // Front::gather_answers().
    void begin_gathering();
    void end_gathering();

    std::atomic<std::size_t>& open_tickets() { return open_tickets_; }

private:
    static constexpr std::uint64_t kChunkSlots = 4096;
    static constexpr std::uint64_t kChunksMax = (std::uint64_t{1} << kSlotIndexBits) / kChunkSlots;
    // A chunk's address never changes; its slots are filled in order.
    using Chunk = std::array<std::unique_ptr<Slot>, kChunkSlots>;

    Descriptor epoll_;
    std::mutex mutex_;  // Guards growing and free_.
    std::array<std::unique_ptr<Chunk>, kChunksMax> chunks_;
    std::atomic<std::uint64_t> size_{0};
    std::vector<std::uint64_t> free_;
    std::atomic<std::size_t> open_tickets_{0};

    Descriptor wake_;
    std::mutex sending_mutex_;  // Guards to_send_.
    std::vector<std::uint32_t> to_send_;
    std::atomic<bool> anything_to_send_{false};  // For a look without the lock.
    std::atomic<std::thread::id> gathering_{};   // This thread wakes nobody for now.
};

}  // namespace tollgate::transport
