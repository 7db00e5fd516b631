#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signing/fields.h"
#include "signing/public_key.h"
#include "tunnel/exchange.h"
#include "tunnel/resend_step.h"

namespace tollgate::tunnel {

// One of Alipay's public keys that an inspector checks by.
struct NamedKey {
    std::string name;  // For people: the file's.
    signing::PublicKey key;
};

// The key of each file, named by it; certificates are taken as well. Errors: invalid_argument
// naming the file; unavailable for one that cannot be read.
Result<std::vector<NamedKey>> read_alipay_keys(const std::vector<std::string>& files);

enum class CallbackKind {
    notification,  // Alipay's, of a payment.
    message,       // Alipay's, to the application gateway (msg_method).
    page_return,   // The buyer's browser, come back from Alipay: signed, but it proves nothing.
    other,         // Somebody else's.
};
std::string_view name_of(CallbackKind kind);

enum class SignatureState {
    good,
    bad,
    not_checked,  // No key is configured, or it is not Alipay's.
};
std::string_view name_of(SignatureState state);

// What Alipay's own rules say about one callback. For people who look: it moves no money.
struct Verdict {
    CallbackKind kind = CallbackKind::other;
    SignatureState signature = SignatureState::not_checked;
    std::string code;    // Why it is bad, as signing/notification.h names it; else empty.
    std::string reason;  // The same in a sentence, with the cure.
    std::string key;     // The key that it is good by.
};

// Slow for a bad signature (some 10 ms): the known mistakes are tried in turn. Pure.
Verdict judge(const Callback& callback, const std::vector<NamedKey>& keys);

// The parameters of a form (of the query for page_return), decoded once and as UTF-8, in the order
// they came; nothing for a body that is no form. Pure.
std::optional<signing::Fields> readable_fields(const Callback& callback, CallbackKind kind);

// Which sending of the ladder a notification is, by its notify_time and by what was seen. Pure.
ResendStep resend_step_of(const Exchange& exchange, const signing::Fields& fields);

}  // namespace tollgate::tunnel
