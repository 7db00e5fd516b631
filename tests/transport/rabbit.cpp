#include "rabbit.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <amqp.h>
#include <amqp_tcp_socket.h>

#include "scripted_server.h"
#include "tls_server.h"

namespace tollgate::transport::testing {
namespace {

// Not Debian's wrapper, which wants to be root and to change its user.
constexpr const char* kServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";
constexpr const char* kEpmd = "/usr/bin/epmd";
constexpr amqp_channel_t kChannel = 1;

std::string text_of(amqp_bytes_t bytes) {
    return {static_cast<const char*>(bytes.bytes), bytes.len};
}

amqp_bytes_t bytes(const std::string& text) {
    return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}

struct End {
    void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
};
using Session = std::unique_ptr<amqp_connection_state_t_, End>;

// Null when the broker is not there.
Session log_in(int port) {
    Session session(amqp_new_connection());
    amqp_socket_t* const socket = amqp_tcp_socket_new(session.get());
    if (amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK) return nullptr;
    const auto reply = amqp_login(session.get(), "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                  AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return nullptr;
    amqp_channel_open(session.get(), kChannel);
    if (amqp_get_rpc_reply(session.get()).reply_type != AMQP_RESPONSE_NORMAL) return nullptr;
    return session;
}

Received received(const amqp_message_t& message) {
    const amqp_basic_properties_t& properties = message.properties;
    Received made{.message_id = text_of(properties.message_id),
                  .type = text_of(properties.type),
                  .content_type = text_of(properties.content_type),
                  .timestamp = properties.timestamp,
                  .delivery_mode = properties.delivery_mode,
                  .headers = {},
                  .body = text_of(message.body)};
    for (int i = 0; i < properties.headers.num_entries; ++i) {
        const amqp_table_entry_t& entry = properties.headers.entries[i];
        made.headers[text_of(entry.key)] = text_of(entry.value.value.bytes);
    }
    return made;
}

}  // namespace

bool Rabbit::is_installed() {
    return std::filesystem::exists(kServer) && std::filesystem::exists(kEpmd);
}

Rabbit::Rabbit()
    : port_(unused_port()),
      tls_port_(unused_port()),
      distribution_port_(unused_port()),
      epmd_port_(unused_port()) {
    const KeyAndCertificate own = make_certificate();
    std::ofstream(folder_.file("broker.key")) << own.key;
    std::ofstream(ca_file()) << own.certificate;
}

std::vector<std::string> Rabbit::environment() const {
    const std::string folder = folder_.path().string();
    return {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "HOME=" + folder,
            "ERL_EPMD_PORT=" + std::to_string(epmd_port_), "ERL_EPMD_ADDRESS=127.0.0.1",
            "RABBITMQ_NODENAME=tollgate@localhost", "RABBITMQ_NODE_PORT=" + std::to_string(port_),
            "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
            "RABBITMQ_DIST_PORT=" + std::to_string(distribution_port_),
            "RABBITMQ_MNESIA_BASE=" + folder + "/mnesia", "RABBITMQ_LOG_BASE=" + folder + "/log",
            "RABBITMQ_LOGS=" + folder + "/broker.log", "RABBITMQ_PID_FILE=" + folder + "/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE=" + folder + "/enabled_plugins",
            "RABBITMQ_CONF_ENV_FILE=" + folder + "/env.conf",
            "RABBITMQ_CONFIG_FILE=" + folder + "/rabbitmq.conf",
            // The script then becomes the broker instead of starting it: one process to end.
            "RUNNING_UNDER_SYSTEMD=true",
            // One scheduler is enough, and the machine has other work.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 -kernel inet_dist_use_interface "
            "{127,0,0,1}"};
}

bool Rabbit::start() {
    std::ofstream(folder_.file("env.conf")) << "";
    std::ofstream(folder_.file("enabled_plugins")) << "[].\n";
    std::ofstream(folder_.file("rabbitmq.conf"))
        << "disk_free_limit.absolute = 1MB\n"
        << "listeners.ssl.1 = 127.0.0.1:" << tls_port_ << "\nssl_options.certfile = " << ca_file()
        << "\nssl_options.keyfile = " << folder_.file("broker.key") << "\n"
        << more_config_;
    // Our own, or the broker starts one that outlives it.
    if (!epmd_) {
        epmd_.emplace(std::vector<std::string>{kEpmd, "-port", std::to_string(epmd_port_),
                                               "-address", "127.0.0.1"},
                      environment());
    }
    broker_.emplace(std::vector<std::string>{kServer}, environment());
    return broker_->wait_for_output("completed with");
}

AmqpSettings Rabbit::settings() const {
    AmqpSettings settings;
    settings.port = port_;
    settings.password = Secret("guest");
    return settings;
}

AmqpSettings Rabbit::tls_settings() const {
    AmqpSettings tls = settings();
    tls.host = "localhost";
    tls.port = tls_port_;
    tls.tls = true;
    tls.ca_file = ca_file();
    return tls;
}

std::string Rabbit::log() const {
    std::ostringstream text;
    text << std::ifstream(folder_.file("broker.log")).rdbuf();
    return text.str();
}

bool Rabbit::declare_queue(const std::string& name) const {
    const Session session = log_in(port_);
    if (!session) return false;
    amqp_queue_declare(session.get(), kChannel, bytes(name), 0, 1, 0, 0, amqp_empty_table);
    return amqp_get_rpc_reply(session.get()).reply_type == AMQP_RESPONSE_NORMAL;
}

std::vector<Received> Rabbit::take_all(const std::string& queue) const {
    std::vector<Received> all;
    const Session session = log_in(port_);
    if (!session) return all;
    while (true) {
        const auto reply = amqp_basic_get(session.get(), kChannel, bytes(queue), 1);
        if (reply.reply_type != AMQP_RESPONSE_NORMAL ||
            reply.reply.id != AMQP_BASIC_GET_OK_METHOD) {
            return all;
        }
        amqp_message_t message{};
        amqp_read_message(session.get(), kChannel, &message, 0);
        all.push_back(received(message));
        amqp_destroy_message(&message);
        amqp_maybe_release_buffers(session.get());
    }
}

}  // namespace tollgate::transport::testing
