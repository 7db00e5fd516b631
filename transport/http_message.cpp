#include "transport/http_message.h"

#include "transport/http_text.h"

namespace tollgate::transport {

std::optional<std::string_view> find_header(const HeaderList& headers, std::string_view name) {
    for (const auto& [header, value] : headers) {
        if (same_word(header, name)) return value;
    }
    return std::nullopt;
}

}  // namespace tollgate::transport
