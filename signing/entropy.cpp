#include "signing/entropy.h"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace tollgate::signing {
namespace {

class OpensslEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        TOLLGATE_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    }
};

}  // namespace

Entropy& openssl_entropy() {
    static OpensslEntropy entropy;  // It has no state of its own.
    return entropy;
}

EntropyPool::~EntropyPool() {
    OPENSSL_cleanse(block_.data(), block_.size());
}

void EntropyPool::fill(std::span<std::uint8_t> bytes) {
    if (bytes.size() > block_.size()) return source_.fill(bytes);
    const std::lock_guard lock(mutex_);
    if (block_.size() - used_ < bytes.size()) {
        source_.fill(block_);
        used_ = 0;
    }
    const auto next = std::span(block_).subspan(used_, bytes.size());
    std::ranges::copy(next, bytes.begin());
    OPENSSL_cleanse(next.data(), next.size());
    used_ += bytes.size();
}

}  // namespace tollgate::signing
