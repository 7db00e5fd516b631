#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/json_reader.h"

namespace tollgate::config {

// TLS by files that are already there. Both or neither.
struct TunnelTls {
    std::string certificate_file;  // PEM, with its chain; empty: no TLS here.
    std::string key_file;
};

// What the provider hears when the laptop has no answer in time.
struct TunnelFallback {
    bool accept = false;  // False: 503, 502 or 504, and the provider sends it again. True: this:
    std::int64_t status = 200;
    std::string content_type = "text/plain";
    std::string body = "success";
};

// One developer's tunnel: a name, a token, a laptop.
struct TunnelDoor {
    std::string name;                       // Callbacks come to /t/{name}/…
    std::vector<std::string> hosts;         // … or to any path of these names.
    std::vector<std::string> token_sha256;  // Two at most: the second is for a rotation.
    TunnelFallback fallback;
    std::chrono::milliseconds answer_wait{8'000};
    std::int64_t retry_after_seconds = 30;
    std::int64_t body_bytes_max = 1024 * 1024;
    std::int64_t requests_per_second = 1'000;
    std::int64_t burst = 2'000;
    std::int64_t kept_bytes_max = 64 * 1024 * 1024;
    std::int64_t kept_days = 3;
};

// The relay's page to look at callbacks, and its metrics; on this machine's loopback alone.
struct TunnelInspector {
    ListenAddress listen{.address = "127.0.0.1", .port = 8641};
    std::vector<std::string> token_sha256;      // Two at most, as for a tunnel.
    std::vector<std::string> hosts;             // Names of a proxy before it, besides localhost.
    std::vector<std::string> alipay_key_files;  // Alipay's public keys, to check signatures by.
};

// The relay, on a machine that the provider can reach.
struct TunnelSettings {
    ListenAddress listen{.address = "127.0.0.1", .port = 8640};
    TunnelTls tls;
    bool behind_proxy = false;  // Believe X-Forwarded-For and -Proto: only a proxy reaches us.
    std::string sqlite_file;
    bool durable = true;  // False: a power cut may lose callbacks. For trials and benchmarks.
    std::vector<TunnelDoor> tunnels;
    std::optional<TunnelInspector> inspector = {};
};

// The settings, or every problem at once. Relative file names are relative to `folder`.
std::variant<TunnelSettings, std::vector<Problem>> load_tunnel(std::string_view json_text,
                                                               const std::filesystem::path& folder);

// The same for a file; a file that cannot be read is a problem at "/".
std::variant<TunnelSettings, std::vector<Problem>> load_tunnel_file(
    const std::filesystem::path& file);

}  // namespace tollgate::config
