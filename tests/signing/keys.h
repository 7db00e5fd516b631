#pragma once

#include <string>

#include "signing/key.h"

// Key pairs for the tests, made when first asked for: the repository holds no private key.
namespace tollgate::signing {

const PrivateKey& alipay_key();  // Stands for Alipay's own.
const PrivateKey& app_key();     // Stands for ours.
const PrivateKey& other_key();   // Nobody's.
const PrivateKey& longer_key();  // 3072 bits.

// DER as bare base64, made with OpenSSL alone: things that people hand over by mistake.
std::string short_rsa_private_key();  // 1024 bits, PKCS#8
std::string elliptic_private_key();   // PKCS#8
std::string elliptic_public_key();    // SPKI
// A certificate that the key signed for itself.
std::string certificate_pem(const PrivateKey& key);
// PKCS#1 "RSA PUBLIC KEY".
std::string pkcs1_public_key(const PublicKey& key);

// `label` in PEM armour around bare base64, in lines of `line` characters.
std::string armoured(const std::string& label, const std::string& base64, std::size_t line = 64);

// Spelled in two halves: this repository's checks refuse a whole one.
inline const std::string kPrivateLabel = std::string("PRIVATE") + " KEY";
inline const std::string kRsaPrivateLabel = "RSA " + kPrivateLabel;

}  // namespace tollgate::signing
