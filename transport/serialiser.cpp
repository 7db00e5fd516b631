#include "transport/serialiser.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "transport/http_text.h"

namespace tollgate::transport {
namespace {

constexpr std::array<std::string_view, 6> kFrontsOwn = {
    "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date", "X-Request-Id"};

bool is_fronts_own(std::string_view name) {
    return std::ranges::any_of(kFrontsOwn,
                               [name](std::string_view own) { return same_word(own, name); });
}

bool is_sendable(const ServerResponse& response) {
    if (response.status < 200 || response.status > 599) return false;
    if (!is_field_value(response.content_type)) return false;
    return std::ranges::all_of(response.headers, [](const auto& header) {
        return is_token(header.first) && is_field_value(header.second);
    });
}

void append_field(std::string& wire, std::string_view name, std::string_view value) {
    wire += name;
    wire += ": ";
    wire += value;
    wire += "\r\n";
}

bool may_have_body(int status) {
    return status != 204 && status != 304;
}

}  // namespace

bool append_answer(std::string& wire, const ServerResponse& response, const AnswerForm& form) {
    if (!is_sendable(response)) return false;
    wire.reserve(wire.size() + response.body.size() + 256);
    wire += "HTTP/1.1 ";
    wire += std::to_string(response.status);
    wire += ' ';
    wire += reason_phrase(response.status);
    wire += "\r\n";
    append_field(wire, "Date", form.date);
    if (!response.content_type.empty()) append_field(wire, "Content-Type", response.content_type);
    if (may_have_body(response.status)) {
        append_field(wire, "Content-Length", std::to_string(response.body.size()));
    }
    for (const auto& [name, value] : response.headers) {
        if (!is_fronts_own(name)) append_field(wire, name, value);
    }
    append_field(wire, "X-Request-Id", form.request_id);
    if (form.close) append_field(wire, "Connection", "close");
    if (!form.close && form.http_1_0) append_field(wire, "Connection", "keep-alive");
    wire += "\r\n";
    if (may_have_body(response.status) && !form.head_only) wire += response.body;
    return true;
}

std::string_view reason_phrase(int status) {
    struct Phrase {
        int status;
        std::string_view text;
    };
    static constexpr std::array kPhrases = {
        Phrase{200, "OK"},
        Phrase{201, "Created"},
        Phrase{202, "Accepted"},
        Phrase{204, "No Content"},
        Phrase{301, "Moved Permanently"},
        Phrase{302, "Found"},
        Phrase{303, "See Other"},
        Phrase{304, "Not Modified"},
        Phrase{307, "Temporary Redirect"},
        Phrase{308, "Permanent Redirect"},
        Phrase{400, "Bad Request"},
        Phrase{401, "Unauthorized"},
        Phrase{402, "Payment Required"},
        Phrase{403, "Forbidden"},
        Phrase{404, "Not Found"},
        Phrase{405, "Method Not Allowed"},
        Phrase{406, "Not Acceptable"},
        Phrase{408, "Request Timeout"},
        Phrase{409, "Conflict"},
        Phrase{410, "Gone"},
        Phrase{411, "Length Required"},
        Phrase{412, "Precondition Failed"},
        Phrase{413, "Content Too Large"},
        Phrase{414, "URI Too Long"},
        Phrase{415, "Unsupported Media Type"},
        Phrase{417, "Expectation Failed"},
        Phrase{422, "Unprocessable Content"},
        Phrase{425, "Too Early"},
        Phrase{428, "Precondition Required"},
        Phrase{429, "Too Many Requests"},
        Phrase{431, "Request Header Fields Too Large"},
        Phrase{500, "Internal Server Error"},
        Phrase{501, "Not Implemented"},
        Phrase{502, "Bad Gateway"},
        Phrase{503, "Service Unavailable"},
        Phrase{504, "Gateway Timeout"},
        Phrase{505, "HTTP Version Not Supported"},
    };
    const auto* const found = std::ranges::find(kPhrases, status, &Phrase::status);
    return found == kPhrases.end() ? "Status" : found->text;
}

std::string to_http_date(Timestamp at) {
    using namespace std::chrono;
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_time<milliseconds> moment{milliseconds(at.ms)};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{floor<seconds>(moment - day)};
    std::array<char, 40> text{};
    static_cast<void>(std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
        kDays[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
        kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count())));
    return text.data();
}

std::string_view HttpDate::at(Timestamp now) {
    const std::int64_t second = now.ms / 1'000;
    if (text_.empty() || second != second_) {
        text_ = to_http_date(now);
        second_ = second;
    }
    return text_;
}

}  // namespace tollgate::transport
