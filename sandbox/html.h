#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sandbox/words.h"

namespace tollgate::sandbox {

// Text for an element's content or a quoted attribute: & < > " ' become entities.
std::string escape_html(std::string_view text);

// Values of a template's placeholders.
using Values = std::map<std::string, std::string, std::less<>>;

// Fills a template: {{name}} becomes the escaped value, {{&name}} the value as it is (for HTML that
// was made by render() itself), {{=key}} the word of that key in the language. A placeholder
// without a value is a bug in the program and stops it.
std::string render(std::string_view page, const Values& values, Language language);

}  // namespace tollgate::sandbox
