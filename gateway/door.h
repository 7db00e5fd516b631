#pragma once

#include <string>
#include <utility>

#include "config/settings.h"
#include "transport/front.h"

namespace tollgate::gateway {

inline transport::FrontLimits limits_of(const config::DoorLimits& door) {
    transport::FrontLimits limits;
    limits.connections_max = static_cast<std::size_t>(door.connections_max);
    limits.head_bytes_max = static_cast<std::size_t>(door.head_bytes_max);
    limits.body_bytes_max = static_cast<std::size_t>(door.body_bytes_max);
    limits.request_time = door.request_time;
    limits.idle_time = door.idle_time;
    return limits;
}

inline std::optional<transport::TlsSettings> tls_of(const config::DoorTls& door) {
    if (door.certificate_file.empty()) return std::nullopt;
    transport::TlsSettings tls{.certificate_chain_file = door.certificate_file,
                               .private_key_file = door.key_file,
                               .client_ca_file = door.client_ca_file};
    if (!door.client_ca_file.empty()) {
        tls.client_certificates = door.client_needed ? transport::ClientCertificates::required
                                                     : transport::ClientCertificates::optional;
    }
    return tls;
}

// The listener behind one of the settings' doors; what it answers is added by the caller.
template <typename Door>
transport::Listener listener_of(std::string name, const Door& door) {
    transport::Listener listener;
    listener.name = std::move(name);
    listener.address = door.listen.address;
    listener.port = door.listen.port;
    listener.limits = limits_of(door.limits);
    listener.tls = tls_of(door.tls);
    return listener;
}

}  // namespace tollgate::gateway
