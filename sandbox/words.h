#pragma once

#include <string_view>

#include "transport/http_message.h"

namespace tollgate::sandbox {

enum class Language { chinese, english };

// "zh-CN" or "en": for <html lang>.
std::string_view tag_of(Language language);

// ?lang=zh or ?lang=en wins, then the cookie `lang` (which the switch on the page leaves), then
// Accept-Language; Chinese when nothing says otherwise.
Language language_of(const transport::ServerRequest& request);

// One of the pages' words. A key that is not in the table is a bug and stops the process.
std::string_view word(std::string_view key, Language language);

}  // namespace tollgate::sandbox
