#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tollgate::gateway {

// Every method as a Markdown table, for docs/alipay-methods.md and `tollgate alipay methods`.
// `in_sandbox` says of a name over which APIs the pretend Alipay has the method: this room does not
// know.
std::string methods_markdown(const std::function<std::string_view(std::string_view)>& in_sandbox);

// The codes of each method that it explains, as Markdown.
std::string codes_markdown();

}  // namespace tollgate::gateway
