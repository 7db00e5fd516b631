#include "tunnel/relay_log.h"

#include <algorithm>
#include <utility>

#include "transport/http_text.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {
namespace {

bool is_target(std::string_view text) {
    return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte > 0x20 && byte < 0x7F && c != '#';
           });
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7F &&
               std::string_view("/\\@?#,").find(c) == std::string_view::npos;
    });
}

void set_header(transport::HeaderList& headers, std::string_view name, std::string value) {
    const auto found = std::ranges::find_if(
        headers, [name](const auto& header) { return transport::same_word(header.first, name); });
    if (found != headers.end()) {
        found->second = std::move(value);
    } else {
        headers.emplace_back(name, std::move(value));
    }
}

}  // namespace

Result<Callback> edited(Callback callback, const Replay& replay) {
    if (replay.target && !is_target(*replay.target)) {
        return Error(ErrorCode::invalid_argument, "the target must be a path, with its escapes");
    }
    if (replay.host && !is_host(*replay.host)) {
        return Error(ErrorCode::invalid_argument, "the host is malformed");
    }
    if (replay.body && replay.body->size() > kBodyBytesMax) {
        return Error(ErrorCode::invalid_argument, "the body is too large");
    }
    // So that the app, too, can tell it from what the provider sent.
    set_header(callback.headers, "X-Tunnel-Replay-Of", std::to_string(replay.of));
    if (replay.target) callback.target = *replay.target;
    if (replay.host) set_header(callback.headers, "Host", *replay.host);
    if (replay.body) {
        callback.body = *replay.body;
        set_header(callback.headers, "Content-Length", std::to_string(callback.body.size()));
    }
    return callback;
}

Result<std::uint64_t> RelayLog::replay(const Replay& replay) {
    TOLLGATE_TRY(Exchange exchange, reader_.find(replay.of));
    TOLLGATE_TRY(Callback callback, edited(std::move(exchange.callback), replay));
    return send_(exchange.tunnel, std::move(callback), replay.of);
}

}  // namespace tollgate::tunnel
