#pragma once

#include <string>
#include <string_view>

namespace tollgate::sandbox {

// An SVG drawing that looks like a QR code and differs from text to text. It is a picture for
// people, not a code that a camera could read.
std::string code_picture(std::string_view text);

}  // namespace tollgate::sandbox
