#include "sandbox/web.h"

#include "sandbox/form.h"
#include "sandbox/pages.h"

namespace tollgate::sandbox {
namespace {

// Forms lead to the cashier and back, on other ports, so form-action stays open.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; frame-ancestors 'none'";

// The same page in the other language: its query with another `lang`.
std::string switch_link(const transport::ServerRequest& request, Language language) {
    Fields kept;
    if (const auto query = parse_form(request.query)) {
        for (const Field& field : *query) {
            if (field.name != "lang") kept.push_back(field);
        }
    }
    kept.push_back({.name = "lang", .value = language == Language::chinese ? "en" : "zh"});
    return "?" + to_form(kept);
}

}  // namespace

transport::ServerResponse html_page(int status, std::string html, Language language) {
    const std::string_view cookie = language == Language::chinese ? "zh" : "en";
    return {.status = status,
            .content_type = "text/html; charset=utf-8",
            .body = std::move(html),
            .headers = {{"Content-Security-Policy", std::string(kPolicy)},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"},
                        {"Cache-Control", "no-store"},
                        {"Set-Cookie", "lang=" + std::string(cookie) +
                                           "; Path=/; SameSite=Lax; Max-Age=31536000"}}};
}

transport::ServerResponse json_answer(int status, const Json& json) {
    return {.status = status,
            .content_type = "application/json",
            .body = to_text(json) + "\n",
            .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
}

transport::ServerResponse redirect(std::string_view url) {
    return {.status = 303,
            .content_type = "",
            .body = "",
            .headers = {{"Location", std::string(url)}, {"Cache-Control", "no-store"}}};
}

transport::ServerResponse built_in_file(std::string_view name, std::string_view content_type) {
    return {.status = 200,
            .content_type = std::string(content_type),
            .body = std::string(page_text(name)),
            .headers = {{"X-Content-Type-Options", "nosniff"}}};
}

std::string framed(const Frame& frame, const std::string& body,
                   const transport::ServerRequest& request, Language language) {
    return render(page_text("layout.html"),
                  {{"language", std::string(tag_of(language))},
                   {"title", frame.title},
                   {"style", std::string(page_text("style.css"))},
                   {"head", frame.head},
                   {"theme", frame.theme},
                   {"brand", frame.brand},
                   {"brand_link", frame.brand_link},
                   {"navigation", frame.navigation},
                   {"switch_link", switch_link(request, language)},
                   {"body", body}},
                  language);
}

}  // namespace tollgate::sandbox
