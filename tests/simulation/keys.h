#pragma once

#include <memory>
#include <string>

#include "signing/key_engine.h"

namespace tollgate::simulation {

// A keyed hash in RSA's place: everything is signed and checked as ever, only cheaper. It shows a
// changed byte and a strange key as well as RSA does; it does not stop somebody who computes.
class KeyedHash final : public signing::KeyEngine {
public:
    explicit KeyedHash(std::string key) : key_(std::move(key)) {}

    std::string name() const override { return "keyed-hash:" + key_; }
    std::string sign(std::string_view content, signing::SignType type) const override;
    bool matches(std::string_view content, std::string_view signature,
                 signing::SignType type) const override {
        return signature == sign(content, type);
    }

private:
    std::string key_;
};

// The three who sign: the app for itself, Alipay, and somebody else.
struct KeySet {
    signing::PrivateKey app;
    signing::PrivateKey alipay;
    signing::PrivateKey stranger;

    static KeySet fast();
    // Real keys of 2048 bits, the same ones in every program: the length of a signature's text
    // depends on its key, and with it where it stands on the disk.
    static KeySet rsa();
};

}  // namespace tollgate::simulation
