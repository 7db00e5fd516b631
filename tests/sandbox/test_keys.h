#pragma once

#include <string>

namespace tollgate::sandbox {

// A key pair made now: no private key stands in the repository.
struct KeyPair {
    std::string private_pem;  // PKCS#8
    std::string public_pem;   // SPKI
};

KeyPair make_key_pair();

// Made once a process, for tests that only need some keys.
const KeyPair& app_keys();
const KeyPair& alipay_keys();
const KeyPair& other_keys();

// The text without armour lines and line breaks, as Alipay's key tool hands it out.
std::string bare(const std::string& pem);

}  // namespace tollgate::sandbox
