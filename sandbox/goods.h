#pragma once

#include <span>
#include <string_view>

#include "base/money.h"
#include "sandbox/words.h"

namespace tollgate::sandbox {

// One thing that the pretend shop sells.
struct Good {
    std::string_view id;
    std::string_view glyph;  // Stands for a picture.
    std::string_view chinese_name;
    std::string_view english_name;
    std::string_view chinese_text;
    std::string_view english_text;
    Money price;

    std::string_view name(Language language) const {
        return language == Language::chinese ? chinese_name : english_name;
    }
    std::string_view text(Language language) const {
        return language == Language::chinese ? chinese_text : english_text;
    }
};

std::span<const Good> goods();

// nullptr when the shop has no such thing.
const Good* find_good(std::string_view id);

}  // namespace tollgate::sandbox
