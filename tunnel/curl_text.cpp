#include "tunnel/curl_text.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/utf8.h"
#include "transport/http_text.h"

namespace tollgate::tunnel {
namespace {

using transport::same_word;

bool is_plain_text(std::string_view text) {
    return is_utf8(text) && std::ranges::all_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte >= 0x20 ? byte != 0x7F : (c == '\n' || c == '\t');
           });
}

std::string shell_quoted(std::string_view text) {
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'') {
            word += R"('\'')";
        } else {
            word += c;
        }
    }
    return word + '\'';
}

// What printf writes for this is the bytes: octal for all that could mean something to anybody.
std::string printf_text(std::string_view bytes) {
    std::string format = "printf '";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool harmless =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            std::string_view(" &=+-_.,:;/<>()[]{}\"").find(c) != std::string_view::npos;
        if (harmless) {
            format += c;
            continue;
        }
        format += '\\';
        for (const unsigned shift : {6U, 3U, 0U}) {
            format += static_cast<char>('0' + ((byte >> shift) & 7U));
        }
    }
    return format + '\'';
}

std::string header_word(const std::string& name, const std::string& value) {
    // curl's ways: "Name;" is a field without a value, "Name:" would take one of its own away.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    return is_plain_text(line) ? shell_quoted(line) : "\"$(" + printf_text(line) + ")\"";
}

bool is_curls_own(std::string_view name) {
    return same_word(name, "Content-Length") || same_word(name, "Transfer-Encoding") ||
           same_word(name, "Connection") || same_word(name, "Expect");
}

std::string body_option(std::string_view body) {
    // A leading '@' would name a file; --data-raw knows no files and takes no byte away.
    return " \\\n  --data-raw " + shell_quoted(body);
}

}  // namespace

std::string curl_command(const transport::ClientRequest& request) {
    const bool has_body = !request.body.empty();
    // A program's argument has a limit (128 KiB on Linux); what a shell writes itself has none.
    constexpr std::size_t kArgumentBytesMax = std::size_t{64} * 1024;
    const bool plain = request.body.size() <= kArgumentBytesMax && is_plain_text(request.body);
    std::string command;
    if (has_body && !plain) command = printf_text(request.body) + " |\n";
    command += "curl --silent --show-error --include --path-as-is --globoff";
    command += request.method == "HEAD" ? " --head" : " --request " + shell_quoted(request.method);
    command += " \\\n  " + shell_quoted(request.url);
    for (const auto& [name, value] : request.headers) {
        if (!is_curls_own(name)) command += " \\\n  --header " + header_word(name, value);
    }
    constexpr std::array<std::string_view, 4> kSuppressed = {"Accept", "User-Agent", "Content-Type",
                                                             "Expect"};
    for (const std::string_view name : kSuppressed) {
        const bool sent = name != "Expect" && transport::find_header(request.headers, name);
        if (!sent) command.append(" \\\n  --header '").append(name).append(":'");
    }
    if (has_body) command += plain ? body_option(request.body) : " \\\n  --data-binary @-";
    return command;
}

}  // namespace tollgate::tunnel
