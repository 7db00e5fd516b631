#include "transport/amqp_settings.h"

#include <amqp.h>

namespace tollgate::transport {

Result<AmqpSettings> AmqpSettings::parse_url(const Secret& url) {
    const auto malformed = [] {
        return Error(ErrorCode::invalid_argument,
                     "not an amqp or amqps URL such as amqp://user:password@host:5672/vhost")
            .because("amqp_url_malformed");
    };
    // The library reads it in place.
    std::string text(url.reveal());
    if (text.find('\0') != std::string::npos) return malformed();
    amqp_connection_info parts{};
    amqp_default_connection_info(&parts);
    const bool is_url = amqp_parse_url(text.data(), &parts) == AMQP_STATUS_OK;
    AmqpSettings settings;
    if (is_url) {
        settings.host = parts.host;
        settings.port = parts.port;
        settings.tls = parts.ssl != 0;
        settings.vhost = *parts.vhost == '\0' ? "/" : parts.vhost;
        settings.user = parts.user;
        settings.password = Secret(std::string(parts.password));
    }
    wipe_memory(text.data(), text.size());
    if (!is_url || settings.host.empty() || settings.port < 1) return malformed();
    return settings;
}

}  // namespace tollgate::transport
