#include "transport/frame.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/check.h"

namespace tollgate::transport {

Frame::Step Frame::refuse(Refusal refusal) {
    refusal_ = refusal;
    return Step::refused;
}

Frame::Step Frame::advance(std::string_view& input) {
    if (stage_ == Stage::head) {
        if (const Step step = read_head(input); step != Step::whole) return step;
    }
    switch (stage_) {
        case Stage::head: return Step::need_more;
        case Stage::sized_body: return read_sized_body(input);
        case Stage::chunked_body: return read_chunked_body(input);
        case Stage::whole: return Step::whole;
    }
    TOLLGATE_CHECK(false);
    return Step::refused;
}

// Looks at each byte as it comes, so that a line that can never become right (a bare LF, a NUL, a
// TLS greeting) is refused at once and not when the deadline cuts it.
std::optional<Refusal> Frame::check_head_bytes(std::string_view input) {
    while (scanned_ < input.size() && head_end_ == 0) {
        const char c = input[scanned_];
        const auto byte = static_cast<unsigned char>(c);
        const bool after_cr = scanned_ > 0 && input[scanned_ - 1] == '\r';
        if (after_cr != (c == '\n')) return Refusal{400, "a line does not end with CRLF"};
        if ((byte < 0x20 && c != '\r' && c != '\n' && c != '\t') || byte == 0x7F) {
            return Refusal{400, "the head holds a control character"};
        }
        ++scanned_;
        if (c == '\n' && input.substr(0, scanned_).ends_with("\r\n\r\n")) head_end_ = scanned_;
    }
    return std::nullopt;
}

Frame::Step Frame::read_head(std::string_view& input) {
    // RFC 9112 2.2: one empty line before the request line is forgiven.
    if (!blank_line_skipped_ && input.starts_with("\r\n")) {
        input.remove_prefix(2);
        blank_line_skipped_ = true;
        begun_ = false;
        scanned_ = 0;
    }
    if (input.empty()) return Step::need_more;
    begun_ = true;
    if (input.starts_with("\r\n")) return refuse({400, "the request line is missing"});
    if (auto wrong = check_head_bytes(input.substr(0, limits_.head_bytes_max + 1))) {
        return refuse(*wrong);
    }
    if (std::max(head_end_, scanned_) > limits_.head_bytes_max) {
        return refuse({431, "the head is too large"});
    }
    if (head_end_ == 0) return Step::need_more;
    const std::string_view head = input.substr(0, head_end_);
    input.remove_prefix(head_end_);
    const Step step = accept_head(head);
    continue_due_ = step == Step::whole && head_.expects_continue && input.empty();
    return step;
}

std::size_t Frame::body_bytes_max() const {
    if (limits_.body_limit == nullptr || !*limits_.body_limit) return limits_.body_bytes_max;
    return std::min((*limits_.body_limit)(head_), limits_.body_bytes_max);
}

// Answers `whole` when the head, not the request, is whole.
Frame::Step Frame::accept_head(std::string_view head) {
    auto parsed = parse_head(head);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refuse(*refusal);
    head_ = std::get<RequestHead>(std::move(parsed));
    if (head_.body == RequestHead::Body::chunked) {
        chunks_.emplace(body_bytes_max());
        stage_ = Stage::chunked_body;
        return Step::whole;
    }
    if (head_.content_length > body_bytes_max()) {
        return refuse({413, "the request body is too large"});
    }
    stage_ = Stage::sized_body;
    return Step::whole;
}

Frame::Step Frame::read_sized_body(std::string_view& input) {
    const std::size_t here = std::min(head_.content_length - body_.size(), input.size());
    body_.append(input.substr(0, here));
    input.remove_prefix(here);
    if (body_.size() < head_.content_length) return Step::need_more;
    stage_ = Stage::whole;
    return Step::whole;
}

Frame::Step Frame::read_chunked_body(std::string_view& input) {
    switch (chunks_->advance(input, body_)) {
        case ChunkedBody::Step::need_more: return Step::need_more;
        case ChunkedBody::Step::refused: return refuse(chunks_->refusal());
        case ChunkedBody::Step::whole: break;
    }
    stage_ = Stage::whole;
    return Step::whole;
}

bool Frame::take_continue() {
    return std::exchange(continue_due_, false);
}

Frame::Request Frame::take() {
    TOLLGATE_CHECK(stage_ == Stage::whole);
    Request request{std::move(head_), std::move(body_)};
    *this = Frame(limits_);
    return request;
}

}  // namespace tollgate::transport
