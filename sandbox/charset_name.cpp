#include "sandbox/charset_name.h"

namespace tollgate::sandbox {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool is_gbk(std::string_view charset) {
    const std::string name = lower_case(charset);
    return name == "gbk" || name == "gb2312" || name == "gb18030";
}

}  // namespace tollgate::sandbox
