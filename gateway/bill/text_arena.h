#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace tollgate::gateway::bill {

// Keeps millions of short texts without a heap block each. A text's place is 32 bits, and stays.
class TextArena {
public:
    static constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
    static constexpr std::size_t kTextBytesMax = 256;

    // Room for `size` more bytes in one piece can be had.
    bool has_room(std::size_t size) const { return chunks_.size() < kChunksMax || fits(size); }

    // Requires has_room(text.size()) and text.size() <= kTextBytesMax.
    std::uint32_t add(std::string_view text) {
        TOLLGATE_CHECK(text.size() <= kTextBytesMax && has_room(text.size()));
        if (!fits(text.size())) {
            chunks_.push_back(std::make_unique<char[]>(kChunkBytes));
            used_ = 0;
        }
        const std::size_t at = (chunks_.size() - 1) * kChunkBytes + used_;
        if (!text.empty()) std::memcpy(chunks_.back().get() + used_, text.data(), text.size());
        used_ += text.size();
        return static_cast<std::uint32_t>(at);
    }

    std::string_view view(std::uint32_t at, std::size_t size) const {
        if (size == 0) return {};  // It may stand at the very end.
        return {chunks_[at / kChunkBytes].get() + at % kChunkBytes, size};
    }

private:
    static constexpr std::size_t kChunksMax = 4096;  // What 32 bits can name.

    bool fits(std::size_t size) const { return !chunks_.empty() && used_ + size <= kChunkBytes; }

    std::vector<std::unique_ptr<char[]>> chunks_;  // NOLINT(modernize-avoid-c-arrays)
    std::size_t used_ = 0;
};

}  // namespace tollgate::gateway::bill
