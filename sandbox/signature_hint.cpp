#include "sandbox/signature_hint.h"

#include <algorithm>
#include <optional>

#include "base/charset.h"
#include "sandbox/content.h"

namespace tollgate::sandbox {
namespace {

bool fits(const SignatureCase& it, const std::string& content) {
    return it.app.key.verify(content, value_of(it.fields, "sign"), it.sign_type).has_value();
}

std::string join(const Fields& fields, bool keep_blank) {
    std::string content;
    for (const Field& field : fields) {
        if (field.name == "sign" || (!keep_blank && is_blank(field.value))) continue;
        if (!content.empty()) content += '&';
        content += field.name + '=' + field.value;
    }
    return content;
}

template <typename Change>
Fields changed(const Fields& fields, Change change) {
    Fields copy = fields;
    for (Field& field : copy) {
        if (field.name != "sign") field.value = change(field.value);
    }
    return copy;
}

// java.net.URLEncoder and encodeURIComponent differ only in these.
std::string encoded_like_java(const std::string& value) {
    std::string text = encode_component(value);
    std::size_t at = 0;
    while ((at = text.find("%20", at)) != std::string::npos) text.replace(at, 3, "+");
    return text;
}

std::optional<std::string> other_text(const SignatureCase& it) {
    if (fits(it, canonical_content(it.fields, ContentRule::notification))) {
        return "sign_type was left out of the signed text; in requests it takes part";
    }
    if (fits(it, canonical_content(changed(it.fields, encode_component), ContentRule::request)) ||
        fits(it, canonical_content(changed(it.fields, encoded_like_java), ContentRule::request))) {
        return "values were percent-encoded before signing; sign the raw values";
    }
    if (fits(it, join(it.fields, false)))
        return "parameters were not sorted by name before signing";
    Fields sorted = it.fields;
    std::ranges::stable_sort(sorted, {}, &Field::name);
    if (fits(it, join(sorted, true)))
        return "parameters without a value were signed; leave them out";
    return std::nullopt;
}

std::optional<std::string> other_charset(const SignatureCase& it) {
    const auto to_other = [](const std::string& value) {
        auto gbk_bytes = from_utf8(value, "gbk");
        return gbk_bytes ? *std::move(gbk_bytes) : value;
    };
    const auto from_gbk = [](const std::string& value) {
        auto text = to_utf8(value, "gbk");
        return text ? *std::move(text) : value;
    };
    if (fits(it, canonical_content(changed(it.fields, to_other), ContentRule::request)) ||
        fits(it, canonical_content(changed(it.fields, from_gbk), ContentRule::request))) {
        return "the text was signed in another charset than it was sent in";
    }
    return std::nullopt;
}

std::optional<std::string> other_key(const SignatureCase& it, const std::string& content) {
    const std::string sign = value_of(it.fields, "sign");
    const SignType other = it.sign_type == SignType::rsa2 ? SignType::rsa : SignType::rsa2;
    if (it.app.key.verify(content, sign, other)) {
        return "signed as " + std::string(name_of(other)) + ", but sign_type says " +
               std::string(name_of(it.sign_type));
    }
    if (it.alipay_key.verify(content, sign, it.sign_type)) {
        return "signed with Alipay's own private key; use the application's";
    }
    for (const App& app : it.apps) {
        if (app.key.verify(content, sign, it.sign_type)) {
            return "signed with the private key of app " + app.app_id;
        }
    }
    return std::nullopt;
}

std::optional<std::string> damaged(const SignatureCase& it, const std::string& content) {
    std::string sign = value_of(it.fields, "sign");
    if (sign.find(' ') != std::string::npos) {
        std::ranges::replace(sign, ' ', '+');
        return it.app.key.verify(content, sign, it.sign_type)
                   ? "a + in sign became a space: send it as %2B"
                   : "sign holds spaces: a + in it must be sent as %2B";
    }
    const auto verdict = it.app.key.verify(content, sign, it.sign_type);
    if (!verdict && verdict.error().reason() != "sign_mismatch") return verdict.error().message();
    return std::nullopt;
}

}  // namespace

std::string signature_hint(const SignatureCase& it) {
    const std::string content = canonical_content(it.fields, ContentRule::request);
    if (auto hint = damaged(it, content)) return *hint;
    if (auto hint = other_key(it, content)) return *hint;
    if (auto hint = other_text(it)) return *hint;
    if (auto hint = other_charset(it)) return *hint;
    return "no known mistake fits: compare the text above with what was signed, byte by byte, and "
           "see that the key pair is the application's";
}

}  // namespace tollgate::sandbox
