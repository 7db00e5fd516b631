#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "transport/request_head.h"

namespace tollgate::transport {

// Decodes one chunked body as it arrives. Extensions and trailers are checked for their form and
// dropped. Pure: no I/O, no clock.
class ChunkedBody {
public:
    explicit ChunkedBody(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

    enum class Step { need_more, whole, refused };

    // Takes what it can use from the front of input and appends the decoded bytes to body. What it
    // leaves in input must stand at the front of the next call's input.
    Step advance(std::string_view& input, std::string& body);

    Refusal refusal() const { return refusal_; }

    static constexpr std::size_t kSizeLineBytesMax = 64;
    static constexpr std::size_t kTrailerBytesMax = 4096;

private:
    enum class Stage { size_line, bytes, bytes_end, trailers };

    Step step(std::string_view& input, std::string& body, bool& progressed);
    Step read_size_line(std::string_view& input, std::size_t body_size, bool& progressed);
    Step read_bytes(std::string_view& input, std::string& body, bool& progressed);
    Step read_bytes_end(std::string_view& input, bool& progressed);
    Step read_trailer(std::string_view& input, bool& progressed);
    Step refuse(int status, std::string_view reason);

    std::size_t body_bytes_max_;
    Stage stage_ = Stage::size_line;
    std::size_t chunk_left_ = 0;
    std::size_t trailer_bytes_ = 0;
    Refusal refusal_;
};

}  // namespace tollgate::transport
