#pragma once

#include <string>
#include <vector>

#include "tunnel/client.h"
#include "tunnel/group_writer.h"
#include "tunnel/relay.h"

namespace tollgate::tunnel {

// What monitoring reads, in Prometheus' text form: one sample a tunnel, named by the label
// `tunnel`. Pure.
std::string metrics_of(const std::vector<Relay::TunnelState>& tunnels,
                       const GroupWriter::Health& writer);
std::string metrics_of(const ClientState& client);

}  // namespace tollgate::tunnel
