#include "gateway/alipay/method_table.h"

#include <algorithm>

#include "base/check.h"
#include "gateway/alipay/method.h"

namespace tollgate::gateway {
namespace {

std::string_view v2_of(const Method& method) {
    switch (method.carrier) {
        case Carrier::server: return "POST";
        case Carrier::browser: return "page: address or form";
        case Carrier::app: return "order string";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string v3_of(const Method& method) {
    switch (method.v3) {
        case Way3::none: return "–";
        case Way3::get: return "GET `" + v3_path(method) + "`";
        case Way3::post: return "POST `" + v3_path(method) + "`";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view yes(bool value) {
    return value ? "yes" : "–";
}

// A GET has no body that could be.
std::string_view encrypted_of(const Method& method) {
    return method.encryptable && method.v3 == Way3::get ? "v2" : yes(method.encryptable);
}

std::string spaced_codes(std::string_view codes) {
    std::string text = "`" + std::string(codes) + "`";
    for (auto at = text.find(' '); at != std::string::npos; at = text.find(' ', at + 4)) {
        text.replace(at, 1, "`, `");
    }
    return text;
}

}  // namespace

std::string methods_markdown(const std::function<std::string_view(std::string_view)>& in_sandbox) {
    std::string text =
        "| method | v2 | v3 | sandbox | encrypted | changes something | made by | repeat | when "
        "the outcome is unknown |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const Method* method : alipay_methods()) {
        text += "| `" + std::string(method->name) + "` | " + std::string(v2_of(*method)) + " | " +
                v3_of(*method) + " | " + std::string(in_sandbox(method->name)) + " | " +
                std::string(encrypted_of(*method)) + " | " + std::string(yes(method->may_change)) +
                " | " + (method->api.empty() ? "–" : "`" + std::string(method->api) + "`") + " | " +
                std::string(name_of(method->repeat)) + " | " +
                std::string(meaning_of(method->after_unknown)) + " |\n";
    }
    return text;
}

std::string codes_markdown() {
    std::string text = "| method | codes | kind | meaning |\n|---|---|---|---|\n";
    for (const Method* method : alipay_methods()) {
        for (const CodeRule& rule : method->codes) {
            text += "| `" + std::string(method->name) + "` | " + spaced_codes(rule.codes) + " | " +
                    std::string(name_of(rule.kind)) + " | " + std::string(rule.meaning) + " |\n";
        }
    }
    return text;
}

}  // namespace tollgate::gateway
