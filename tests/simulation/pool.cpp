#include "tests/simulation/pool.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sqlite3.h>

#include "base/check.h"

namespace tollgate::simulation {
namespace {

// Before each piece stands how big it is, and where it goes back to; it keeps `new`'s alignment.
struct alignas(16) Header {
    std::size_t bytes = 0;
    std::size_t number = 0;  // Its class's; kNoClass: it is from malloc().
};
struct Free {
    Free* next = nullptr;
};

constexpr std::size_t kStep = 16;
constexpr std::size_t kFineMax = 1'024;  // Up to here by steps, above it eight to each doubling.
constexpr std::size_t kPooledMax = 128 * 1'024;
constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kFineClasses = kFineMax / kStep + 1;
constexpr std::size_t kClasses = kFineClasses + 8 * 8;
constexpr std::size_t kNoClass = kClasses;

struct Class {
    std::size_t number = 0;
    std::size_t bytes = 0;
};

Class class_of(std::size_t bytes) {
    if (bytes <= kFineMax) {
        const std::size_t number = (bytes + kStep - 1) / kStep;
        return {number, number * kStep};
    }
    const std::size_t doubling = std::bit_width(bytes - 1) - 1;
    const std::size_t eighth = (std::size_t{1} << doubling) / 8;
    const std::size_t part = (bytes - (std::size_t{1} << doubling) + eighth - 1) / eighth;
    return {kFineClasses + (doubling - 10) * 8 + part,
            (std::size_t{1} << doubling) + part * eighth};
}

// Constant from the beginning: `new` is used before any constructor has run.
constinit std::array<Free*, kClasses> free_pieces{};
constinit std::byte* block = nullptr;
constinit std::size_t block_left = 0;

std::byte* fresh(std::size_t bytes) {
    const std::size_t all = bytes + sizeof(Header);
    if (bytes > kPooledMax) return static_cast<std::byte*>(std::malloc(all));
    if (block_left < all) {
        block = static_cast<std::byte*>(std::malloc(kBlock));
        if (block == nullptr) return nullptr;
        block_left = kBlock;
    }
    std::byte* const piece = block;
    block += all;
    block_left -= all;
    return piece;
}

void* take(std::size_t bytes) {
    const Class size = bytes <= kPooledMax ? class_of(bytes) : Class{kNoClass, bytes};
    if (size.number != kNoClass) {
        Free*& first = free_pieces[size.number];
        if (first != nullptr) {
            Free* const piece = first;
            first = piece->next;
            // Whoever takes that one will wait for what it points to.
            __builtin_prefetch(first);
            return piece;
        }
    }
    std::byte* const piece = fresh(size.bytes < kStep ? kStep : size.bytes);
    if (piece == nullptr) return nullptr;
    ::new (piece) Header{size.bytes, size.number};
    return piece + sizeof(Header);
}

Header* header_of(void* memory) {
    return reinterpret_cast<Header*>(static_cast<std::byte*>(memory) - sizeof(Header));
}

void give_back(void* memory) {
    if (memory == nullptr) return;
    Header* const header = header_of(memory);
    if (header->number == kNoClass) return std::free(header);
    Free*& first = free_pieces[header->number];
    first = ::new (memory) Free{first};
}

void* take_for_sqlite(int bytes) {
    return take(static_cast<std::size_t>(bytes));
}
int size_for_sqlite(void* memory) {
    return memory == nullptr ? 0 : static_cast<int>(header_of(memory)->bytes);
}
void* resize_for_sqlite(void* memory, int bytes) {
    const int old = size_for_sqlite(memory);
    if (bytes <= old && old > 0) return memory;
    void* const bigger = take_for_sqlite(bytes);
    if (bigger == nullptr) return nullptr;
    if (memory != nullptr) std::memcpy(bigger, memory, static_cast<std::size_t>(old));
    give_back(memory);
    return bigger;
}

sqlite3_mem_methods pool_methods{take_for_sqlite,
                                 give_back,
                                 resize_for_sqlite,
                                 size_for_sqlite,
                                 [](int bytes) { return (bytes + 15) & ~15; },
                                 [](void*) { return SQLITE_OK; },
                                 [](void*) {},
                                 nullptr};

}  // namespace

void use_pool() {
    TOLLGATE_CHECK(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
    TOLLGATE_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &pool_methods) == SQLITE_OK);
}

}  // namespace tollgate::simulation

void* operator new(std::size_t bytes) {
    void* const memory = tollgate::simulation::take(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept {
    tollgate::simulation::give_back(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
    tollgate::simulation::give_back(memory);
}
