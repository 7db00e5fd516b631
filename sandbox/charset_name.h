#pragma once

#include <string>
#include <string_view>

namespace tollgate::sandbox {

// True for the names of Alipay's Chinese charsets, in any letter case: gbk, gb2312, gb18030.
bool is_gbk(std::string_view charset);

std::string lower_case(std::string_view text);  // ASCII letters only.

}  // namespace tollgate::sandbox
