#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tollgate {

// Text that must not leak: a key, a token, a webhook secret. It has no operator<<, no JSON form and
// no comparison, and its memory is overwritten when it goes. Copies are explicit: clone().
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(); }

    Secret clone() const { return Secret(text_); }
    bool empty() const { return text_.empty(); }

    // The text itself, valid while this lives. The long name is meant to be seen in a review.
    std::string_view reveal() const { return text_; }

private:
    void wipe() noexcept;

    std::string text_;
};

// Overwrites the bytes in a way the compiler may not leave out.
void wipe_memory(void* bytes, std::size_t size) noexcept;

}  // namespace tollgate
