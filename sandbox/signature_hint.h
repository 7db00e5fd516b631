#pragma once

#include <string>

#include "sandbox/app.h"
#include "sandbox/form.h"

namespace tollgate::sandbox {

// What a request's signature is judged by.
struct SignatureCase {
    const Fields& fields;  // As sent, decoded once, in the order of the wire.
    const App& app;
    SignType sign_type;
    const Apps& apps;             // To recognise another application's key.
    const PublicKey& alipay_key;  // To recognise Alipay's own key, a frequent mix-up.
};

// For a signature that does not fit: which known mistake makes it fit, in words for the person who
// made it ("sign_type was left out of the signed text"). Says so when it knows none.
std::string signature_hint(const SignatureCase& it);

}  // namespace tollgate::sandbox
