#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/tunnel_settings.h"

namespace tollgate::tunnel {

// Which tunnel a request means, by its Host or its path, and which one a token opens. Pure; made
// once and then only read.
class Doors {
public:
    explicit Doors(const std::vector<config::TunnelDoor>& doors);

    struct Place {
        std::optional<std::size_t> door;  // Its place in the list; nothing: a name nobody has.
        std::string target;               // What the app shall see: raw, behind the prefix.
        std::string prefix;               // "/t/alice", or empty with a Host of its own.
    };
    // By a raw target and the Host beside it. Nothing when the request is for no tunnel at all.
    std::optional<Place> find(std::string_view target, std::string_view host) const;

    // The tunnel that this "Bearer …" opens. Looks at every hash, equally long at each.
    std::optional<std::size_t> opened_by(std::string_view authorization) const;

private:
    struct Door {
        std::string name;
        std::vector<std::string> hosts;
        std::vector<std::string> token_sha256;
    };
    std::vector<Door> doors_;
};

}  // namespace tollgate::tunnel
