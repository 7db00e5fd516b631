#pragma once

#include <string_view>

namespace tollgate::gateway::openapi {

// The text of a file beside this one, by its name ("payments.json"); see cmake/embed_pages.cmake.
std::string_view page_text(std::string_view name);

}  // namespace tollgate::gateway::openapi
