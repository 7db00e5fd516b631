#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "transport/chunked_body.h"
#include "transport/request_head.h"

namespace tollgate::transport {

// Finds where one request begins and ends in a stream of bytes, and refuses what is not one.
//
// This is the only judge of a request's extent: whatever it has cut out is what every later reader
// sees, so no two of them can disagree. Pure: bytes in, verdict out; never looks at a byte twice
// (but for the few of an unfinished line), so a peer that sends byte by byte costs no more than one
// that does not.
class Frame {
public:
    // How large the body of this request may be. Must not throw.
    using BodyLimit = std::function<std::size_t(const RequestHead& head)>;
    struct Limits {
        std::size_t head_bytes_max = std::size_t{16} * 1024;
        std::size_t body_bytes_max = std::size_t{256} * 1024;
        // Asked for less than body_bytes_max; outlives the frame. Null or empty: nobody is asked.
        const BodyLimit* body_limit = nullptr;
    };

    explicit Frame(Limits limits) : limits_(limits) {}

    enum class Step { need_more, whole, refused };

    // Takes what it can use from the front of input. What it leaves there must stand at the front
    // of the next call's input, with more behind it. After `whole` take the request; after
    // `refused` there is no way on: the rest of the stream means nothing.
    Step advance(std::string_view& input);

    // True once, when the head is accepted, the body is missing and the peer waits for our word.
    bool take_continue();

    // True between a request's first byte and its last.
    bool begun() const { return begun_; }

    Refusal refusal() const { return refusal_; }

    struct Request {
        RequestHead head;
        std::string body;
    };
    // Hands the whole request out and starts anew. Requires that advance() said `whole`.
    Request take();

private:
    enum class Stage { head, sized_body, chunked_body, whole };

    Step read_head(std::string_view& input);
    Step accept_head(std::string_view head);
    std::size_t body_bytes_max() const;
    std::optional<Refusal> check_head_bytes(std::string_view input);
    Step read_sized_body(std::string_view& input);
    Step read_chunked_body(std::string_view& input);
    Step refuse(Refusal refusal);

    Limits limits_;
    Stage stage_ = Stage::head;
    bool begun_ = false;
    bool blank_line_skipped_ = false;
    std::size_t scanned_ = 0;   // Bytes of the unfinished head that were looked at.
    std::size_t head_end_ = 0;  // Where the empty line ends; 0 while it has not come.
    bool continue_due_ = false;
    RequestHead head_;
    std::string body_;
    std::optional<ChunkedBody> chunks_;
    Refusal refusal_;
};

}  // namespace tollgate::transport
