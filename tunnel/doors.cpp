#include "tunnel/doors.h"

#include <algorithm>

#include "signing/digest.h"
#include "transport/http_text.h"

namespace tollgate::tunnel {
namespace {

constexpr std::string_view kPathStart = "/t/";

// A Host without its port.
std::string_view name_in(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
    return has_port ? host.substr(0, colon) : host;
}

}  // namespace

Doors::Doors(const std::vector<config::TunnelDoor>& doors) {
    for (const auto& door : doors) {
        doors_.push_back(
            {.name = door.name, .hosts = door.hosts, .token_sha256 = door.token_sha256});
    }
}

std::optional<Doors::Place> Doors::find(std::string_view target, std::string_view host) const {
    const std::string_view name_asked = name_in(host);
    for (std::size_t i = 0; i < doors_.size(); ++i) {
        const bool ours =
            std::ranges::any_of(doors_[i].hosts, [name_asked](const std::string& name) {
                return transport::same_word(name, name_asked);
            });
        if (ours) return Place{.door = i, .target = std::string(target), .prefix = {}};
    }
    std::string_view rest = target;
    if (!rest.starts_with(kPathStart)) return std::nullopt;
    rest.remove_prefix(kPathStart.size());
    const std::string_view name = rest.substr(0, rest.find_first_of("/?"));
    rest.remove_prefix(name.size());
    Place place{.door = std::nullopt,
                .target = (rest.starts_with('/') ? "" : "/") + std::string(rest),
                .prefix = std::string(kPathStart) + std::string(name)};
    const auto found = std::ranges::find(doors_, name, &Door::name);
    if (found != doors_.end()) place.door = static_cast<std::size_t>(found - doors_.begin());
    return place;
}

std::optional<std::size_t> Doors::opened_by(std::string_view authorization) const {
    constexpr std::string_view kScheme = "Bearer ";
    if (!authorization.starts_with(kScheme)) return std::nullopt;
    const std::string hash = signing::sha256_hex(authorization.substr(kScheme.size()));
    std::optional<std::size_t> opened;
    for (std::size_t i = 0; i < doors_.size(); ++i) {
        for (const std::string& known : doors_[i].token_sha256) {
            if (signing::equal_in_constant_time(known, hash)) opened = i;
        }
    }
    return opened;
}

}  // namespace tollgate::tunnel
