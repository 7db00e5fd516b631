#pragma once

#include <string>
#include <string_view>

#include "sandbox/html.h"
#include "sandbox/json.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// Answers of both listeners, with the headers that keep a page harmless: no foreign resources, no
// framing, nothing cached.
transport::ServerResponse html_page(int status, std::string html, Language language);
transport::ServerResponse json_answer(int status, const Json& json);
// To another address with GET, whatever the request's own method was.
transport::ServerResponse redirect(std::string_view url);
transport::ServerResponse built_in_file(std::string_view name, std::string_view content_type);

// What surrounds a page.
struct Frame {
    std::string title;
    std::string brand;       // Shown at the top.
    std::string brand_link;  // Where the brand leads.
    std::string navigation;  // HTML made by render().
    std::string theme;       // "alipay" or "shop": picks the colours.
    std::string head;        // More for <head>, made by render().
};

// The body between the common head and foot (sandbox/pages/layout.html).
std::string framed(const Frame& frame, const std::string& body,
                   const transport::ServerRequest& request, Language language);

}  // namespace tollgate::sandbox
