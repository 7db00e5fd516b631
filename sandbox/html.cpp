#include "sandbox/html.h"

#include "base/check.h"

namespace tollgate::sandbox {
namespace {

std::string filled(std::string_view placeholder, const Values& values, Language language) {
    TOLLGATE_CHECK(!placeholder.empty());
    if (placeholder.front() == '=') {
        return escape_html(word(placeholder.substr(1), language));
    }
    const bool trusted = placeholder.front() == '&';
    const auto value = values.find(trusted ? placeholder.substr(1) : placeholder);
    TOLLGATE_CHECK(value != values.end());
    return trusted ? value->second : escape_html(value->second);
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': html += "&amp;"; break;
            case '<': html += "&lt;"; break;
            case '>': html += "&gt;"; break;
            case '"': html += "&quot;"; break;
            case '\'': html += "&#39;"; break;
            default: html += c;
        }
    }
    return html;
}

std::string render(std::string_view page, const Values& values, Language language) {
    std::string html;
    while (true) {
        const std::size_t open = page.find("{{");
        html += page.substr(0, open);
        if (open == std::string_view::npos) return html;
        const std::size_t close = page.find("}}", open);
        TOLLGATE_CHECK(close != std::string_view::npos);
        html += filled(page.substr(open + 2, close - open - 2), values, language);
        page.remove_prefix(close + 2);
    }
}

}  // namespace tollgate::sandbox
