#include "base/secret.h"

#include <cstring>

namespace tollgate {

void wipe_memory(void* bytes, std::size_t size) noexcept {
    explicit_bzero(bytes, size);
}

void Secret::wipe() noexcept {
    // Up to the capacity: a text that shrank has left its tail behind.
    text_.resize(text_.capacity());
    wipe_memory(text_.data(), text_.size());
    text_.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    text_ = other.text_;
    other.wipe();
    return *this;
}

}  // namespace tollgate
