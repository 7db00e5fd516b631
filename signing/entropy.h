#pragma once

#include <array>
#include <cstddef>
#include <mutex>

#include "base/random.h"

namespace tollgate::signing {

// The operating system's randomness through OpenSSL's generator. Safe to use from any thread; lives
// as long as the process. Stops the process should the generator fail: there is no second best.
Entropy& openssl_entropy();

// Draws from another one by the block: asking OpenSSL's generator for the few bytes of an id costs
// more than making the rest of it. Each byte is handed out once, and wiped here. Safe to use from
// any thread; not across fork().
class EntropyPool final : public Entropy {
public:
    // `source` must outlive it.
    explicit EntropyPool(Entropy& source) : source_(source) {}
    ~EntropyPool() override;
    EntropyPool(const EntropyPool&) = delete;
    EntropyPool& operator=(const EntropyPool&) = delete;

    void fill(std::span<std::uint8_t> bytes) override;

private:
    Entropy& source_;
    std::mutex mutex_;
    std::array<std::uint8_t, 4096> block_{};
    std::size_t used_ = block_.size();
};

}  // namespace tollgate::signing
