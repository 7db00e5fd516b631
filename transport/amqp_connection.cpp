#include "transport/amqp_connection.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace tollgate::transport {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr int kFrameBytesMax = 131'072;
constexpr std::size_t kShortTextMax = 255;
constexpr std::uint8_t kPersistent = 2;
// The kernel calls a socket writable while a third of its buffer is free: more than a message.
constexpr int kSendBufferBytes = 1024 * 1024;
constexpr timeval kNoWait{};
constexpr timeval kGoodbye{.tv_sec = 1, .tv_usec = 0};

// The library takes pointers to bytes that it only reads.
amqp_bytes_t bytes(std::string_view text) {
    return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}

std::string_view text_of(amqp_bytes_t bytes) {
    return {static_cast<const char*>(bytes.bytes), bytes.len};
}

timeval time_of(std::chrono::milliseconds time) {
    return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

Error no_connection(std::string_view reason, std::string what, Here here = Here::current()) {
    return Error(ErrorCode::unavailable, std::move(what) + " (nothing was sent)", here)
        .because(reason);
}

std::string_view reason_of(int status) {
    switch (status) {
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED: return "could_not_resolve";
        case AMQP_STATUS_SSL_ERROR:
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
        case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
        case AMQP_STATUS_SSL_CONNECTION_FAILED: return "tls_failed";
        default: return "could_not_connect";
    }
}

// The broker's own words may hold names; its codes do not (AMQP 0-9-1, section 1.2).
Error refusal(int code, const char* step) {
    constexpr int kAccessRefused = 403;
    constexpr int kNotFound = 404;
    constexpr int kNotAllowed = 530;  // A vhost that is not there or not ours.
    std::string_view reason = "broker_failed";
    if (code == kAccessRefused || code == kNotAllowed) reason = "access_refused";
    if (code == kNotFound) reason = "no_such_exchange";
    return no_connection(
        reason, std::string("the broker refused ") + step + " with code " + std::to_string(code));
}

Result<Done> check_reply(const amqp_rpc_reply_t& reply, const char* step) {
    switch (reply.reply_type) {
        case AMQP_RESPONSE_NORMAL: return Done{};
        case AMQP_RESPONSE_SERVER_EXCEPTION: {
            const amqp_method_t& method = reply.reply;
            if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
                return refusal(static_cast<amqp_connection_close_t*>(method.decoded)->reply_code,
                               step);
            }
            if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
                return refusal(static_cast<amqp_channel_close_t*>(method.decoded)->reply_code,
                               step);
            }
            break;
        }
        case AMQP_RESPONSE_LIBRARY_EXCEPTION:
        case AMQP_RESPONSE_NONE: break;
    }
    return no_connection("broker_failed", std::string("the broker did not answer ") + step);
}

amqp_table_entry_t text_entry(std::string_view name, std::string_view value) {
    amqp_table_entry_t entry{};
    entry.key = bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = bytes(value);
    return entry;
}

}  // namespace

Result<Done> check_message(const AmqpMessage& message) {
    const auto wrong = [](const char* what) { return Error(ErrorCode::invalid_argument, what); };
    if (message.message_id.empty()) return wrong("a message needs a message_id");
    for (const std::string* text :
         {&message.routing_key, &message.message_id, &message.type, &message.content_type}) {
        if (text->size() > kShortTextMax) return wrong("AMQP's short texts have 255 bytes");
    }
    std::size_t header_bytes = 0;
    for (const auto& [name, value] : message.headers) {
        if (name.empty() || name.size() > kShortTextMax) {
            return wrong("a header's name has 1 to 255 bytes");
        }
        header_bytes += name.size() + value.size();
    }
    if (message.body.size() + header_bytes > kAmqpBodyBytesMax) {
        return wrong("a message has at most 64 KiB");
    }
    return Done{};
}

Result<std::unique_ptr<AmqpConnection>> AmqpConnection::open(const AmqpSettings& settings) {
    auto connection = std::make_unique<AmqpConnection>(ByOpen());
    TOLLGATE_DO(connection->connect(settings));
    TOLLGATE_DO(connection->log_in(settings));
    TOLLGATE_DO(connection->open_channel(settings));
    connection->is_over_ = false;
    return connection;
}

AmqpConnection::~AmqpConnection() {
    if (is_over_ || !state_) return;
    amqp_set_rpc_timeout(state_.get(), &kGoodbye);
    amqp_connection_close(state_.get(), AMQP_REPLY_SUCCESS);
}

Result<Done> AmqpConnection::connect(const AmqpSettings& settings) {
    state_.reset(amqp_new_connection());
    if (!state_) return no_connection("could_not_connect", "there is no memory for a connection");
    const timeval io_time = time_of(settings.io_timeout);
    const timeval connect_time = time_of(settings.connect_timeout);
    amqp_set_handshake_timeout(state_.get(), &io_time);
    amqp_set_rpc_timeout(state_.get(), &io_time);
    amqp_socket_t* const socket =
        settings.tls ? amqp_ssl_socket_new(state_.get()) : amqp_tcp_socket_new(state_.get());
    if (socket == nullptr) return no_connection("could_not_connect", "there is no memory");
    if (settings.tls) {
        amqp_ssl_socket_set_verify_peer(socket, 1);
        amqp_ssl_socket_set_verify_hostname(socket, 1);
        const bool good =
            amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) ==
                AMQP_STATUS_OK &&
            (settings.ca_file.empty()
                 ? SSL_CTX_set_default_verify_paths(
                       static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket))) == 1
                 : amqp_ssl_socket_set_cacert(socket, settings.ca_file.c_str()) == AMQP_STATUS_OK);
        if (!good) return no_connection("tls_failed", "the broker's ca_file cannot be used");
    }
    const int status =
        amqp_socket_open_noblock(socket, settings.host.c_str(), settings.port, &connect_time);
    if (status != AMQP_STATUS_OK) {
        return no_connection(reason_of(status), std::string("the broker cannot be reached: ") +
                                                    amqp_error_string2(status));
    }
    ::setsockopt(this->socket(), SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
    return Done{};
}

Result<Done> AmqpConnection::log_in(const AmqpSettings& settings) {
    // Tells the broker that we want to hear when it takes no more, instead of being left to guess.
    amqp_table_entry_t blocked{};
    blocked.key = bytes("connection.blocked");
    blocked.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    blocked.value.value.boolean = 1;
    amqp_table_entry_t capabilities{};
    capabilities.key = bytes("capabilities");
    capabilities.value.kind = AMQP_FIELD_KIND_TABLE;
    capabilities.value.value.table = {.num_entries = 1, .entries = &blocked};
    std::array properties{text_entry("product", "tollgate"), capabilities};
    const amqp_table_t table{.num_entries = static_cast<int>(properties.size()),
                             .entries = properties.data()};
    Secret password(std::string(settings.password.reveal()) + '\0');
    return check_reply(amqp_login_with_properties(
                           state_.get(), settings.vhost.c_str(), 1, kFrameBytesMax,
                           static_cast<int>(settings.heartbeat.count()), &table,
                           AMQP_SASL_METHOD_PLAIN, settings.user.c_str(), password.reveal().data()),
                       "the login");
}

Result<Done> AmqpConnection::open_channel(const AmqpSettings& settings) {
    amqp_channel_open(state_.get(), kChannel);
    TOLLGATE_DO(check_reply(amqp_get_rpc_reply(state_.get()), "a channel"));
    if (!settings.exchange.empty()) {
        // Publishing to an exchange that is not there would end the channel for everyone in it.
        amqp_exchange_declare(state_.get(), kChannel, bytes(settings.exchange), bytes("direct"), 1,
                              1, 0, 0, amqp_empty_table);
        TOLLGATE_DO(check_reply(amqp_get_rpc_reply(state_.get()), "the exchange"));
    }
    amqp_confirm_select(state_.get(), kChannel);
    TOLLGATE_DO(check_reply(amqp_get_rpc_reply(state_.get()), "confirm mode"));
    amqp_maybe_release_buffers(state_.get());
    return Done{};
}

Error AmqpConnection::lost(const char* what) {
    is_over_ = true;
    return Error(ErrorCode::outcome_unknown, what).because("connection_lost");
}

Result<std::uint64_t> AmqpConnection::publish(const std::string& exchange,
                                              const AmqpMessage& message) {
    std::vector<amqp_table_entry_t> headers;
    headers.reserve(message.headers.size());
    for (const auto& [name, value] : message.headers) headers.push_back(text_entry(name, value));
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                        AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG |
                        AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG;
    properties.content_type = bytes(message.content_type);
    properties.delivery_mode = kPersistent;
    properties.message_id = bytes(message.message_id);
    properties.timestamp = static_cast<std::uint64_t>(message.timestamp_seconds);
    properties.type = bytes(message.type);
    properties.headers = {.num_entries = static_cast<int>(headers.size()),
                          .entries = headers.data()};
    constexpr amqp_boolean_t kMandatory = 1;
    constexpr amqp_boolean_t kNotImmediate = 0;
    const int status =
        amqp_basic_publish(state_.get(), kChannel, bytes(exchange), bytes(message.routing_key),
                           kMandatory, kNotImmediate, &properties, bytes(message.body));
    if (status != AMQP_STATUS_OK) return lost("the connection to the broker broke while sending");
    return ++last_tag_;
}

bool AmqpConnection::can_take_more() const {
    pollfd writable{.fd = socket(), .events = POLLOUT, .revents = 0};
    return ::poll(&writable, 1, 0) == 1 && (writable.revents & POLLOUT) != 0;
}

int AmqpConnection::socket() const {
    return amqp_get_sockfd(state_.get());
}

Result<std::optional<AmqpEvent>> AmqpConnection::next() {
    while (true) {
        amqp_frame_t frame{};
        const int status = amqp_simple_wait_frame_noblock(state_.get(), &frame, &kNoWait);
        if (status == AMQP_STATUS_TIMEOUT) return std::optional<AmqpEvent>();
        if (status != AMQP_STATUS_OK) return lost("the connection to the broker is gone");
        std::optional<AmqpEvent> event = read(frame);
        amqp_maybe_release_buffers(state_.get());
        if (is_over_) return lost("the broker ended the connection");
        if (event) return event;
    }
}

std::optional<AmqpEvent> AmqpConnection::read(const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD) return read_method(frame.payload.method);
    if (!in_returned_) return std::nullopt;
    if (frame.frame_type == AMQP_FRAME_HEADER) {
        const auto& properties =
            *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
        returned_left_ = frame.payload.properties.body_size;
        if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) {
            returned_id_ = text_of(properties.message_id);
        }
    }
    if (frame.frame_type == AMQP_FRAME_BODY) {
        returned_left_ -= std::min<std::uint64_t>(returned_left_, frame.payload.body_fragment.len);
    }
    return end_of_returned();
}

std::optional<AmqpEvent> AmqpConnection::end_of_returned() {
    if (returned_left_ > 0) return std::nullopt;
    in_returned_ = false;
    return AmqpEvent{.kind = AmqpEvent::Kind::returned,
                     .message_id = std::exchange(returned_id_, {})};
}

std::optional<AmqpEvent> AmqpConnection::read_method(const amqp_method_t& method) {
    switch (method.id) {
        case AMQP_BASIC_ACK_METHOD: {
            const auto& ack = *static_cast<const amqp_basic_ack_t*>(method.decoded);
            return AmqpEvent{.kind = AmqpEvent::Kind::acked,
                             .delivery_tag = ack.delivery_tag,
                             .multiple = ack.multiple != 0};
        }
        case AMQP_BASIC_NACK_METHOD: {
            const auto& nack = *static_cast<const amqp_basic_nack_t*>(method.decoded);
            return AmqpEvent{.kind = AmqpEvent::Kind::nacked,
                             .delivery_tag = nack.delivery_tag,
                             .multiple = nack.multiple != 0};
        }
        case AMQP_BASIC_RETURN_METHOD: in_returned_ = true; return std::nullopt;
        case AMQP_CONNECTION_BLOCKED_METHOD: return AmqpEvent{.kind = AmqpEvent::Kind::blocked};
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return AmqpEvent{.kind = AmqpEvent::Kind::unblocked};
        case AMQP_CHANNEL_CLOSE_METHOD:
        case AMQP_CONNECTION_CLOSE_METHOD: is_over_ = true; return std::nullopt;
        default: return std::nullopt;
    }
}

}  // namespace tollgate::transport
