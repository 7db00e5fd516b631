#include "signing/key_text.h"

#include <algorithm>
#include <cstdint>

#include "signing/base64.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kDashes = "-----";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::size_t kPemLine = 64;
constexpr std::size_t kKeyTextMax = 65'536;

// White space, and the escapes of it that one-line settings files carry.
Secret without_white_space(std::string_view text) {
    std::string kept;
    kept.reserve(text.size());  // No growth: a reallocation would leave a copy of the key behind.
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        if (c == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 'r')) {
            ++i;
            continue;
        }
        kept += c;
    }
    return Secret(std::move(kept));
}

// What the outermost DER length announces, header included; 0 when this is no DER sequence.
std::size_t announced_size(std::string_view der) {
    const auto at = [der](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(der[i]));
    };
    if (der.size() < 2 || at(0) != 0x30) return 0;
    if (at(1) < 0x80) return at(1) + 2;
    const std::size_t length_bytes = at(1) & 0x7FU;
    if (length_bytes == 0 || length_bytes > 4 || der.size() < 2 + length_bytes) return 0;
    std::size_t size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8U | at(2 + i);
    return size + 2 + length_bytes;
}

Result<Secret> der_of(std::string_view base64) {
    const Secret packed = without_white_space(base64);
    auto bytes = from_base64(packed.reveal());
    if (!bytes) {
        // A key that was cut while copying seldom ends on a full group.
        if (packed.reveal().starts_with("MI") && packed.reveal().size() % 4 != 0) {
            return key_error("key_truncated", "the key is cut off: its base64 text is incomplete");
        }
        return key_error("key_unreadable", "the key is neither PEM nor base64");
    }
    Secret der(*std::move(bytes));
    const std::size_t size = announced_size(der.reveal());
    if (size == 0) return key_error("key_unreadable", "the base64 text holds no key");
    if (size > der.reveal().size()) {
        return key_error("key_truncated", "the key is cut off: its end is missing");
    }
    if (size < der.reveal().size()) {
        return key_error("key_unreadable", "there is something behind the key's end");
    }
    return der;
}

}  // namespace

Error key_error(std::string_view reason, std::string message, Here here) {
    return Error(ErrorCode::invalid_argument, std::move(message), here).because(reason);
}

Result<KeyText> read_key_text(std::string_view text) {
    if (text.size() > kKeyTextMax) return key_error("key_unreadable", "too long for a key");
    const std::size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) {
        if (without_white_space(text).empty()) return key_error("key_missing", "there is no key");
        if (text.find(kDashes) != std::string_view::npos) {
            return key_error("key_truncated", "the key's BEGIN line is missing");
        }
        TOLLGATE_TRY(Secret der, der_of(text));
        return KeyText{"", "", std::move(der)};
    }
    const std::string_view armour = text.substr(begin + kBegin.size());
    const std::size_t label_end = armour.find(kDashes);
    if (label_end == std::string_view::npos) {
        return key_error("key_truncated", "the key's BEGIN line is cut off");
    }
    const std::string_view label = armour.substr(0, label_end);
    const std::string_view rest = armour.substr(label_end + kDashes.size());
    const std::size_t end = rest.find(kEnd);
    if (end == std::string_view::npos ||
        !rest.substr(end + kEnd.size()).starts_with(std::string(label) + "-----")) {
        return key_error("key_truncated", "the key's END line is missing");
    }
    const std::string_view body = rest.substr(0, end);
    if (label == "ENCRYPTED PRIVATE KEY" || body.find(",ENCRYPTED") != std::string_view::npos) {
        return key_error("key_encrypted",
                         "the private key is protected by a pass phrase; store it without one");
    }
    TOLLGATE_TRY(Secret der, der_of(body));
    return KeyText{std::string(label), std::string(text.substr(0, begin)), std::move(der)};
}

Secret pem_armour(std::string_view label, std::string_view der) {
    const Secret base64(to_base64(der));
    const std::string_view digits = base64.reveal();
    std::string pem;
    pem.reserve(digits.size() + digits.size() / kPemLine + 2 * label.size() + 64);
    pem.append(kBegin).append(label).append(kDashes).append("\n");
    for (std::size_t i = 0; i < digits.size(); i += kPemLine) {
        pem.append(digits.substr(i, kPemLine)).append("\n");
    }
    pem.append(kEnd).append(label).append(kDashes).append("\n");
    return Secret(std::move(pem));
}

}  // namespace tollgate::signing
