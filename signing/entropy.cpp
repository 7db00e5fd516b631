#include "signing/entropy.h"

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

}  // namespace tollgate::signing
