#include "transport/chunked_body.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "transport/http_text.h"

namespace tollgate::transport {
namespace {

struct Line {
    enum class State { partial, whole, broken } state = State::partial;
    std::string_view text;
};

// The first line of input without its CRLF. Broken: an LF without CR, or a CR without LF.
Line first_line(std::string_view input) {
    const std::size_t end = input.find_first_of("\r\n");
    if (end == std::string_view::npos) return {};
    if (input[end] == '\n') return {Line::State::broken, {}};
    if (end + 1 == input.size()) return {};
    if (input[end + 1] != '\n') return {Line::State::broken, {}};
    return {Line::State::whole, input.substr(0, end)};
}

std::optional<std::size_t> chunk_size(std::string_view line) {
    const std::size_t semicolon = line.find(';');
    const std::string_view digits = line.substr(0, semicolon);
    if (digits.empty() || digits.size() > 15) return std::nullopt;
    if (!std::ranges::all_of(digits, [](char c) { return hex_value(c) >= 0; })) return std::nullopt;
    if (semicolon != std::string_view::npos && !is_field_value(line.substr(semicolon))) {
        return std::nullopt;
    }
    std::size_t size = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    return size;
}

}  // namespace

ChunkedBody::Step ChunkedBody::refuse(int status, std::string_view reason) {
    refusal_ = {status, reason};
    return Step::refused;
}

ChunkedBody::Step ChunkedBody::advance(std::string_view& input, std::string& body) {
    bool progressed = true;
    Step outcome = Step::need_more;
    while (progressed && outcome == Step::need_more) {
        progressed = false;
        outcome = step(input, body, progressed);
    }
    return outcome;
}

ChunkedBody::Step ChunkedBody::step(std::string_view& input, std::string& body, bool& progressed) {
    switch (stage_) {
        case Stage::size_line: return read_size_line(input, body.size(), progressed);
        case Stage::bytes: return read_bytes(input, body, progressed);
        case Stage::bytes_end: return read_bytes_end(input, progressed);
        case Stage::trailers: return read_trailer(input, progressed);
    }
    TOLLGATE_CHECK(false);
    return Step::refused;
}

ChunkedBody::Step ChunkedBody::read_size_line(std::string_view& input, std::size_t body_size,
                                              bool& progressed) {
    const Line line = first_line(input.substr(0, kSizeLineBytesMax));
    if (line.state == Line::State::partial) {
        return input.size() < kSizeLineBytesMax ? Step::need_more
                                                : refuse(400, "a chunk's size line is too long");
    }
    if (line.state == Line::State::broken) return refuse(400, "a chunk's size line is malformed");
    const auto size = chunk_size(line.text);
    if (!size) return refuse(400, "a chunk's size is malformed");
    if (*size > body_bytes_max_ - body_size) return refuse(413, "the request body is too large");
    chunk_left_ = *size;
    stage_ = *size == 0 ? Stage::trailers : Stage::bytes;
    input.remove_prefix(line.text.size() + 2);
    progressed = true;
    return Step::need_more;
}

ChunkedBody::Step ChunkedBody::read_bytes(std::string_view& input, std::string& body,
                                          bool& progressed) {
    const std::size_t here = std::min(chunk_left_, input.size());
    body.append(input.substr(0, here));
    input.remove_prefix(here);
    chunk_left_ -= here;
    progressed = chunk_left_ == 0;
    if (progressed) stage_ = Stage::bytes_end;
    return Step::need_more;
}

ChunkedBody::Step ChunkedBody::read_bytes_end(std::string_view& input, bool& progressed) {
    const std::string_view end = input.substr(0, 2);
    if (end != std::string_view("\r\n").substr(0, end.size())) {
        return refuse(400, "a chunk does not end where its size says");
    }
    if (end.size() < 2) return Step::need_more;
    input.remove_prefix(2);
    stage_ = Stage::size_line;
    progressed = true;
    return Step::need_more;
}

ChunkedBody::Step ChunkedBody::read_trailer(std::string_view& input, bool& progressed) {
    const Line line = first_line(input);
    if (line.state == Line::State::broken) return refuse(400, "a trailer is malformed");
    const std::size_t seen = line.state == Line::State::whole ? line.text.size() + 2 : input.size();
    if (trailer_bytes_ + seen > kTrailerBytesMax) return refuse(431, "the trailers are too large");
    if (line.state == Line::State::partial) return Step::need_more;
    if (!is_field_value(line.text)) return refuse(400, "a trailer is malformed");
    trailer_bytes_ += seen;
    input.remove_prefix(seen);
    progressed = true;
    return line.text.empty() ? Step::whole : Step::need_more;
}

}  // namespace tollgate::transport
