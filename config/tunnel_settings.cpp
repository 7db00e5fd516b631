#include "config/tunnel_settings.h"

#include <set>

namespace tollgate::config {
namespace {

constexpr std::size_t kTunnelFileBytesMax = 1024 * 1024;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMebibyte = 1024 * 1024;

bool made_only_of(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 32 &&
           made_only_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool is_host(std::string_view text) {
    return text.size() <= 253 && made_only_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-.");
}

void read_tls(Section section, TunnelTls& into) {
    section.need_path("certificate", into.certificate_file);
    section.need_path("key", into.key_file);
    section.finish();
}

void read_store(Section section, TunnelSettings& into) {
    section.need_path("sqlite_file", into.sqlite_file);
    section.may_have_bool("durable", into.durable);
    section.finish();
}

void read_fallback(Section section, TunnelFallback& into) {
    std::string policy = "provider-retry";
    section.may_have_choice("policy", policy, {"provider-retry", "accept"});
    into.accept = policy == "accept";
    for (const char* key : {"status", "content_type", "body"}) {
        if (!into.accept && section.has(key)) {
            section.problem_at(key, R"(has a meaning with "policy": "accept" alone)");
        }
    }
    section.may_have_integer("status", into.status, 200, 299);
    section.may_have_text("content_type", into.content_type);
    section.may_have_text("body", into.body);
    section.finish();
}

void read_limits(Section section, TunnelDoor& into) {
    std::int64_t body_kib = into.body_bytes_max / kKiB;
    section.may_have_integer("body_kilobytes_max", body_kib, 1, 3 * kKiB);
    into.body_bytes_max = body_kib * kKiB;
    section.may_have_integer("requests_per_second", into.requests_per_second, 1, 1'000'000);
    section.may_have_integer("burst", into.burst, 1, 1'000'000);
    std::int64_t kept_mib = into.kept_bytes_max / kMebibyte;
    section.may_have_integer("kept_megabytes_max", kept_mib, 1, 100 * kKiB);
    into.kept_bytes_max = kept_mib * kMebibyte;
    section.may_have_integer("kept_days", into.kept_days, 1, 90);
    section.finish();
}

void read_hosts(Section& section, std::vector<std::string>& into) {
    section.may_have_texts("hosts", into);
    for (const std::string& host : into) {
        if (!is_host(host)) {
            section.problem_at("hosts", "a lower-case name without a port is needed: " + host);
        }
    }
}

void read_hashes(Section& section, std::vector<std::string>& into) {
    section.need_texts("token_sha256", into);
    for (const std::string& hash : into) {
        if (hash.size() != 64 || !made_only_of(hash, "0123456789abcdef")) {
            section.problem_at("token_sha256", "64 lower-case hex digits are needed");
        }
    }
    if (into.size() > 2) {
        section.problem_at("token_sha256", "two tokens at once are enough for a rotation");
    }
}

TunnelInspector read_inspector(Section section, const std::filesystem::path& folder) {
    TunnelInspector inspector;
    section.may_have_listen_address("listen", inspector.listen);
    if (inspector.listen.address != "127.0.0.1" && inspector.listen.address != "::1") {
        section.problem_at("listen", "127.0.0.1 or [::1] is needed; a proxy with TLS goes before");
    }
    read_hosts(section, inspector.hosts);
    read_hashes(section, inspector.token_sha256);
    section.may_have_texts("alipay_keys", inspector.alipay_key_files);
    for (std::string& file : inspector.alipay_key_files) file = folder / file;
    section.finish();
    return inspector;
}

TunnelDoor read_tunnel(Section& section) {
    TunnelDoor door;
    section.need_text("name", door.name);
    if (!door.name.empty() && !is_name(door.name)) {
        section.problem_at("name", "1 to 32 lower-case letters, digits and '-' are needed");
    }
    read_hosts(section, door.hosts);
    read_hashes(section, door.token_sha256);
    // Under the time that the front gives a handler.
    section.may_have_milliseconds("answer_wait_ms", door.answer_wait, 100, 50'000);
    section.may_have_integer("retry_after_seconds", door.retry_after_seconds, 1, 86'400);
    if (section.has("without_answer")) {
        read_fallback(section.child("without_answer"), door.fallback);
    }
    if (section.has("limits")) read_limits(section.child("limits"), door);
    section.finish();
    return door;
}

void read_tunnels(Section& root, std::vector<TunnelDoor>& into) {
    std::set<std::string> names;
    std::set<std::string> hosts;
    std::set<std::string> hashes;
    for (Section& child : root.need_children("tunnels")) {
        TunnelDoor door = read_tunnel(child);
        if (!door.name.empty() && !names.insert(door.name).second) {
            child.problem_at("name", "stands twice: " + door.name);
        }
        for (const std::string& host : door.hosts) {
            if (!hosts.insert(host).second) child.problem_at("hosts", "stands twice: " + host);
        }
        for (const std::string& hash : door.token_sha256) {
            if (!hashes.insert(hash).second) {
                child.problem_at("token_sha256", "a token opens one tunnel; this one stands twice");
            }
        }
        into.push_back(std::move(door));
    }
}

}  // namespace

std::variant<TunnelSettings, std::vector<Problem>> load_tunnel(
    std::string_view json_text, const std::filesystem::path& folder) {
    std::vector<Problem> problems;
    const auto json = parse_json(json_text, Comments::allowed, problems);
    if (!json || !problems.empty()) return problems;

    TunnelSettings settings;
    Section::Context context{.folder = folder, .problems = problems};
    Section root(*json, "", context);
    root.may_have_listen_address("listen", settings.listen);
    if (root.has("tls")) read_tls(root.child("tls"), settings.tls);
    root.may_have_bool("behind_proxy", settings.behind_proxy);
    if (!root.has("store")) root.problem_at("store", "is missing");
    if (root.has("store")) read_store(root.child("store"), settings);
    read_tunnels(root, settings.tunnels);
    if (root.has("inspector")) {
        settings.inspector = read_inspector(root.child("inspector"), folder);
    }
    root.finish();

    if (!problems.empty()) return problems;
    return settings;
}

std::variant<TunnelSettings, std::vector<Problem>> load_tunnel_file(
    const std::filesystem::path& file) {
    const auto text = read_file(file, kTunnelFileBytesMax);
    if (!text) return std::vector<Problem>{{.where = "/", .what = text.error().message()}};
    return load_tunnel(*text, std::filesystem::absolute(file).parent_path());
}

}  // namespace tollgate::config
