#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "signing/private_key.h"
#include "signing/public_key.h"
#include "signing/sign_type.h"

namespace tollgate::signing {

// Something else than a real key pair behind PrivateKey and PublicKey. The product has none: no
// parser, no generator and no setting ever gives one, and tests/lint keeps every room from naming
// it. It is there for simulations that sign and check millions of texts, and want to spend their
// time elsewhere.
class KeyEngine {
public:
    virtual ~KeyEngine() = default;

    // Pairs of one name are the same pair.
    virtual std::string name() const = 0;
    // Raw bytes; from any thread.
    virtual std::string sign(std::string_view content, SignType type) const = 0;
    virtual bool matches(std::string_view content, std::string_view signature,
                         SignType type) const = 0;
};

// The halves of a pair that an engine serves. They sign and verify, and have no text form.
struct EngineKeys {
    static PrivateKey private_key(std::shared_ptr<const KeyEngine> engine);
    static PublicKey public_key(std::shared_ptr<const KeyEngine> engine);
};

}  // namespace tollgate::signing
