#include "signing/distinguished_name.h"

#include <array>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "base/check.h"
#include "signing/digest.h"

namespace tollgate::signing {
namespace {

using AnyHandle = std::unique_ptr<ASN1_TYPE, FreedBy<ASN1_TYPE_free>>;

constexpr std::array<std::pair<int, std::string_view>, 9> kShortNames{{
    {NID_commonName, "CN"},
    {NID_countryName, "C"},
    {NID_localityName, "L"},
    {NID_stateOrProvinceName, "ST"},
    {NID_organizationName, "O"},
    {NID_organizationalUnitName, "OU"},
    {NID_streetAddress, "STREET"},
    {NID_domainComponent, "DC"},
    {NID_userId, "UID"},
}};

std::string_view short_name(const ASN1_OBJECT* type) {
    const int nid = OBJ_obj2nid(type);
    for (const auto& [known, name] : kShortNames) {
        if (known == nid) return name;
    }
    return {};
}

std::string dotted(const ASN1_OBJECT* type) {
    std::array<char, 128> text{};
    const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), type, 1);
    TOLLGATE_CHECK(size >= 0);
    return text.data();
}

bool is_text(const ASN1_STRING* value) {
    switch (ASN1_STRING_type(value)) {
        case V_ASN1_UTF8STRING:
        case V_ASN1_PRINTABLESTRING:
        case V_ASN1_IA5STRING:
        case V_ASN1_T61STRING:
        case V_ASN1_GENERALSTRING:
        case V_ASN1_BMPSTRING: return true;
        default: return false;
    }
}

std::string text_of(const ASN1_STRING* value) {
    if (ASN1_STRING_type(value) == V_ASN1_BMPSTRING) {
        unsigned char* utf8 = nullptr;
        const int size = ASN1_STRING_to_UTF8(&utf8, value);
        if (size < 0) return {};
        std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
        OPENSSL_free(utf8);
        return text;
    }
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(ASN1_STRING_length(value))};
}

std::string escaped(const std::string& text) {
    constexpr std::string_view kSpecial = ",=+<>#;\"\\";
    const std::size_t first = text.find_first_not_of(' ');
    const std::size_t last = text.find_last_not_of(' ');
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool outer_space = text[i] == ' ' && (i < first || i > last);
        if (outer_space || kSpecial.find(text[i]) != std::string_view::npos) result += '\\';
        result += text[i];
    }
    return result;
}

std::string der_hex(const ASN1_STRING* value) {
    const AnyHandle any(ASN1_TYPE_new());
    TOLLGATE_CHECK(any != nullptr &&
                   ASN1_TYPE_set1(any.get(), ASN1_STRING_type(value), value) == 1);
    const int size = i2d_ASN1_TYPE(any.get(), nullptr);
    if (size <= 0) return {};
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(i2d_ASN1_TYPE(any.get(), &at) == size);
    return to_hex(der);
}

std::string entry_text(const X509_NAME_ENTRY* entry) {
    const ASN1_OBJECT* const type = X509_NAME_ENTRY_get_object(entry);
    const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(entry);
    const std::string_view name = short_name(type);
    if (name.empty() || !is_text(value)) {
        return (name.empty() ? dotted(type) : std::string(name)) + "=#" + der_hex(value);
    }
    return std::string(name) + "=" + escaped(text_of(value));
}

}  // namespace

std::string distinguished_name(const X509_NAME& name) {
    std::string text;
    std::string part;  // One RDN, whose entries keep their order.
    const int count = X509_NAME_entry_count(&name);
    const auto put_part_in_front = [&] {
        text = text.empty() ? part : part + "," + text;
        part.clear();
    };
    int set = -1;
    for (int i = 0; i < count; ++i) {
        const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(&name, i);
        if (X509_NAME_ENTRY_set(entry) != set && !part.empty()) put_part_in_front();
        set = X509_NAME_ENTRY_set(entry);
        if (!part.empty()) part += '+';
        part += entry_text(entry);
    }
    if (!part.empty()) put_part_in_front();
    return text;
}

std::string common_name_of(const X509_NAME& name) {
    const int index = X509_NAME_get_index_by_NID(&name, NID_commonName, -1);
    if (index < 0) return {};
    const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, index));
    return is_text(value) ? text_of(value) : std::string();
}

}  // namespace tollgate::signing
