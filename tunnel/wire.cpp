#include "tunnel/wire.h"

#include <functional>
#include <optional>
#include <utility>

#include "base/check.h"
#include "tunnel/wire_bytes.h"

namespace tollgate::tunnel {
namespace {

constexpr std::uint8_t kHold = 1;
constexpr std::uint8_t kOnlyLatest = 2;

std::uint64_t count_of(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
}

std::chrono::milliseconds read_time(WireReader& reader) {
    constexpr std::uint64_t kMsMax = std::uint64_t{1} << 53U;
    const std::uint64_t ms = reader.u64();
    if (ms > kMsMax) reader.fail();
    return std::chrono::milliseconds(reader.good() ? static_cast<std::int64_t>(ms) : 0);
}

void write_mark(WireWriter& writer, const SessionMark& mark) {
    writer.u8(kWireVersion);
    writer.u64(mark.session);
    writer.u64(mark.counter);
    const Wishes& wishes = mark.wishes;
    writer.u32(wishes.drain_per_second);
    writer.u8(static_cast<std::uint8_t>((wishes.hold ? kHold : 0) |
                                        (wishes.only_latest ? kOnlyLatest : 0)));
    writer.u64(count_of(wishes.since));
    writer.u64(count_of(wishes.running));
}

SessionMark read_mark(WireReader& reader) {
    SessionMark mark;
    mark.session = reader.u64();
    mark.counter = reader.u64();
    mark.wishes.drain_per_second = reader.u32();
    const std::uint8_t flags = reader.u8();
    if (flags > (kHold | kOnlyLatest)) reader.fail();
    mark.wishes.hold = (flags & kHold) != 0;
    mark.wishes.only_latest = (flags & kOnlyLatest) != 0;
    mark.wishes.since = read_time(reader);
    mark.wishes.running = read_time(reader);
    return mark;
}

void write_frame(WireWriter& writer, std::uint64_t id, const std::string& head,
                 std::string_view body) {
    writer.u32(static_cast<std::uint32_t>(8 + 4 + head.size() + body.size()));
    writer.u64(id);
    writer.text(head);
    writer.raw(body);
}

void write_hand_out(WireWriter& writer, const HandOut& out) {
    const Callback& callback = out.callback;
    WireWriter head;
    head.u32(static_cast<std::uint32_t>(out.attempt));
    head.u32(static_cast<std::uint32_t>(out.round));
    head.u64(count_of(out.age));
    head.u64(static_cast<std::uint64_t>(callback.received_at.ms));
    for (const auto* text : {&callback.method, &callback.target, &callback.remote_address,
                             &callback.scheme, &callback.prefix}) {
        head.text(*text);
    }
    head.headers(callback.headers);
    write_frame(writer, callback.id, head.take(), callback.body);
}

void write_answer(WireWriter& writer, const AppAnswer& answer) {
    WireWriter head;
    head.u32(static_cast<std::uint32_t>(answer.attempt));
    head.u32(static_cast<std::uint32_t>(answer.round));
    head.u8(static_cast<std::uint8_t>(answer.failure));
    head.u32(static_cast<std::uint32_t>(answer.status));
    head.u64(static_cast<std::uint64_t>(answer.began_at.ms));
    head.u64(count_of(answer.duration));
    head.text(answer.error);
    head.headers(answer.headers);
    write_frame(writer, answer.id, head.take(), answer.body);
}

// A frame taken apart; its head must be read to the end.
struct OpenFrame {
    std::uint64_t id = 0;
    WireReader head{{}};
    std::string_view body;
};

std::optional<OpenFrame> open_frame(WireReader& reader) {
    const std::uint32_t size = reader.u32();
    if (size > kFrameBytesMax) reader.fail();
    WireReader inside(reader.raw(size));
    OpenFrame frame;
    frame.id = inside.u64();
    frame.head = WireReader(inside.raw(inside.u32()));
    frame.body = inside.rest();
    if (!inside.good()) reader.fail();
    if (!reader.good()) return std::nullopt;
    return frame;
}

void read_hand_out(WireReader& reader, std::vector<HandOut>& into) {
    auto frame = open_frame(reader);
    if (!frame) return;
    HandOut out;
    out.callback.id = frame->id;
    out.attempt = frame->head.small();
    out.round = frame->head.small();
    out.age = read_time(frame->head);
    out.callback.received_at = Timestamp{read_time(frame->head).count()};
    for (auto* text : {&out.callback.method, &out.callback.target, &out.callback.remote_address,
                       &out.callback.scheme, &out.callback.prefix}) {
        *text = frame->head.text();
    }
    out.callback.headers = frame->head.headers();
    out.callback.body = frame->body;
    if (!frame->head.good() || !frame->head.at_end()) return reader.fail();
    into.push_back(std::move(out));
}

void read_answer(WireReader& reader, std::vector<AppAnswer>& into) {
    auto frame = open_frame(reader);
    if (!frame) return;
    AppAnswer answer;
    answer.id = frame->id;
    answer.attempt = frame->head.small();
    answer.round = frame->head.small();
    const std::uint8_t failure = frame->head.u8();
    if (failure > static_cast<std::uint8_t>(AppFailure::broken)) frame->head.fail();
    answer.failure = static_cast<AppFailure>(failure);
    answer.status = frame->head.small();
    answer.began_at = Timestamp{read_time(frame->head).count()};
    answer.duration = read_time(frame->head);
    answer.error = frame->head.text();
    answer.headers = frame->head.headers();
    answer.body = frame->body;
    if (!frame->head.good() || !frame->head.at_end()) return reader.fail();
    into.push_back(std::move(answer));
}

// Reads one message of the only version there is, to its end.
template <typename Message>
Result<Message> read_message(std::string_view bytes,
                             const std::function<void(WireReader&, Message&)>& read) {
    if (bytes.size() > kMessageBytesMax) {
        return Error(ErrorCode::invalid_argument, "the message is too large")
            .because("wire_too_large");
    }
    WireReader reader(bytes);
    const std::uint8_t version = reader.u8();
    if (reader.good() && version != kWireVersion) {
        return Error(ErrorCode::invalid_argument,
                     "the other side speaks version " + std::to_string(version) +
                         " of the tunnel's protocol, this one " + std::to_string(kWireVersion))
            .because("wire_version");
    }
    Message message;
    read(reader, message);
    if (!reader.good() || !reader.at_end()) {
        return Error(ErrorCode::invalid_argument, "not a message of the tunnel's protocol")
            .because("wire_malformed");
    }
    return message;
}

}  // namespace

std::string_view name_of(AppFailure failure) {
    switch (failure) {
        case AppFailure::none: return "none";
        case AppFailure::down: return "app_down";
        case AppFailure::slow: return "app_slow";
        case AppFailure::broken: return "app_broken";
    }
    TOLLGATE_CHECK(false);
}

std::string to_wire(const ExchangeRequest& request) {
    WireWriter writer;
    write_mark(writer, request.mark);
    writer.u32(request.frames_max);
    for (const AppAnswer& answer : request.answers) write_answer(writer, answer);
    return writer.take();
}

std::string to_wire(const ExchangeReply& reply) {
    WireWriter writer;
    writer.u8(kWireVersion);
    for (const HandOut& out : reply.handed_out) write_hand_out(writer, out);
    return writer.take();
}

std::string to_wire(const HoldRequest& request) {
    WireWriter writer;
    write_mark(writer, request.mark);
    writer.u32(static_cast<std::uint32_t>(request.in_hand.size()));
    for (const std::uint64_t id : request.in_hand) writer.u64(id);
    return writer.take();
}

std::string to_wire(const HoldReply& reply) {
    WireWriter writer;
    writer.u8(kWireVersion);
    writer.text(reply.tunnel);
    writer.u64(reply.kept);
    return writer.take();
}

Result<ExchangeRequest> read_exchange_request(std::string_view bytes) {
    return read_message<ExchangeRequest>(bytes, [](WireReader& reader, ExchangeRequest& message) {
        message.mark = read_mark(reader);
        message.frames_max = reader.u32();
        while (reader.good() && !reader.at_end()) read_answer(reader, message.answers);
    });
}

Result<ExchangeReply> read_exchange_reply(std::string_view bytes) {
    return read_message<ExchangeReply>(bytes, [](WireReader& reader, ExchangeReply& message) {
        while (reader.good() && !reader.at_end()) read_hand_out(reader, message.handed_out);
    });
}

Result<HoldRequest> read_hold_request(std::string_view bytes) {
    return read_message<HoldRequest>(bytes, [](WireReader& reader, HoldRequest& message) {
        message.mark = read_mark(reader);
        const std::uint32_t count = reader.u32();
        if (count > kIdsMax) reader.fail();
        for (std::uint32_t i = 0; i < count && reader.good(); ++i) {
            message.in_hand.push_back(reader.u64());
        }
    });
}

Result<HoldReply> read_hold_reply(std::string_view bytes) {
    return read_message<HoldReply>(bytes, [](WireReader& reader, HoldReply& message) {
        message.tunnel = reader.text();
        message.kept = reader.u64();
    });
}

}  // namespace tollgate::tunnel
