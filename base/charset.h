#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tollgate {

// Bytes of the named charset ("gbk", "gb2312", "gb18030", "utf-8"; any letter case) as UTF-8.
// Errors: invalid_argument for a charset that Alipay does not use or bytes that are not text in it.
Result<std::string> to_utf8(std::string_view bytes, std::string_view charset);

// The reverse: UTF-8 text as bytes of the named charset.
// Errors: invalid_argument for such a charset, or text that is not UTF-8.
Result<std::string> from_utf8(std::string_view text, std::string_view charset);

// Decodes many pieces of Chinese text ("gbk", "gb2312", "gb18030") one after another, without the
// price of a new converter each time. One thread at a time.
class ChineseDecoder {
public:
    ChineseDecoder();
    ~ChineseDecoder();

    // Puts `bytes` into `text` as UTF-8. Errors: invalid_argument for bytes that are not text,
    // where `text` holds nothing of use.
    Result<Done> decode(std::string_view bytes, std::string& text);

private:
    class Handle;
    std::unique_ptr<Handle> handle_;
};

}  // namespace tollgate
