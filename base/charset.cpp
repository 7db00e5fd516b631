#include "base/charset.h"

#include <algorithm>
#include <cctype>

#include <iconv.h>

#include "base/utf8.h"

namespace tollgate {
namespace {

class Converter {
public:
    Converter(const char* to, const char* from) : handle_(iconv_open(to, from)) {}
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;
    ~Converter() {
        if (usable()) iconv_close(handle_);
    }

    // iconv_open's failure value is (iconv_t)-1.
    bool usable() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }
    iconv_t get() const { return handle_; }

private:
    iconv_t handle_;
};

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

// Senders that say gb2312 or gbk use characters of the larger set; GB18030 contains both.
constexpr const char* kChinese = "GB18030";

bool is_utf8_name(std::string_view name) {
    return name == "utf-8" || name == "utf8";
}

Result<Done> check_chinese_name(const std::string& name) {
    if (name == "gbk" || name == "gb2312" || name == "gb18030") return Done{};
    return Error(ErrorCode::invalid_argument, "a charset that Alipay does not use: " + name);
}

Result<Done> convert_into(std::string_view bytes, const Converter& converter, std::string& output) {
    if (!converter.usable()) return Error(ErrorCode::internal, "this system lacks GB18030");
    output.resize(bytes.size() * 2 + 4);
    // iconv's signature is older than const: it reads the input only.
    char* from = const_cast<char*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    std::size_t from_left = bytes.size();
    char* to = output.data();
    std::size_t to_left = output.size();
    if (iconv(converter.get(), &from, &from_left, &to, &to_left) == static_cast<std::size_t>(-1)) {
        return Error(ErrorCode::invalid_argument, "bytes that are not text in this charset");
    }
    output.resize(output.size() - to_left);
    return Done{};
}

Result<std::string> convert(std::string_view bytes, const Converter& converter) {
    std::string output;
    TOLLGATE_DO(convert_into(bytes, converter, output));
    return output;
}

Result<std::string> checked_utf8(std::string_view text) {
    if (!is_utf8(text)) return Error(ErrorCode::invalid_argument, "not UTF-8");
    return std::string(text);
}

}  // namespace

Result<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
    const std::string name = lower_case(charset);
    if (is_utf8_name(name)) return checked_utf8(bytes);
    TOLLGATE_DO(check_chinese_name(name));
    return convert(bytes, Converter("UTF-8", kChinese));
}

Result<std::string> from_utf8(std::string_view text, std::string_view charset) {
    const std::string name = lower_case(charset);
    if (is_utf8_name(name)) return checked_utf8(text);
    TOLLGATE_DO(check_chinese_name(name));
    return convert(text, Converter(kChinese, "UTF-8"));
}

class ChineseDecoder::Handle {
public:
    Converter converter{"UTF-8", kChinese};
};

ChineseDecoder::ChineseDecoder() : handle_(std::make_unique<Handle>()) {}
ChineseDecoder::~ChineseDecoder() = default;

Result<Done> ChineseDecoder::decode(std::string_view bytes, std::string& text) {
    const auto is_ascii = [](char c) { return static_cast<signed char>(c) >= 0; };
    if (std::ranges::all_of(bytes, is_ascii)) {
        text.assign(bytes);
        return Done{};
    }
    auto done = convert_into(bytes, handle_->converter, text);
    // After an error the converter may be in the middle of a character.
    if (!done) iconv(handle_->converter.get(), nullptr, nullptr, nullptr, nullptr);
    return done;
}

}  // namespace tollgate
