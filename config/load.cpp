#include "config/load.h"

#include <algorithm>
#include <set>
#include <string>

#include "config/door.h"

namespace tollgate::config {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::size_t kAppAuthTokenBytesMax = 40;  // Alipay's own limit.
constexpr std::int64_t kMiB = 1024 * 1024;

bool only_of(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

// Alipay's user ids (protocol notes, section 2): a merchant's is one.
bool is_seller_id(std::string_view text) {
    return text.size() == 16 && text.starts_with("2088") && only_of(text, "0123456789");
}

bool is_short_name(std::string_view text) {
    return !text.empty() && text.size() <= 32 &&
           only_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

void need_id(Section& section, std::string& into) {
    section.need_text("id", into);
    if (!into.empty() && !is_short_name(into)) {
        section.problem_at("id", "1 to 32 lower-case letters, digits and '-' are needed");
    }
}

bool holds_password(std::string_view conninfo) {
    if (conninfo.find("password") != std::string_view::npos) return true;
    const std::size_t user = conninfo.find("://");
    const std::size_t at = conninfo.find('@');
    if (user == std::string_view::npos || at == std::string_view::npos) return false;
    return conninfo.substr(user + 3, at - user - 3).find(':') != std::string_view::npos;
}

PostgresSettings read_postgres(Section section) {
    PostgresSettings postgres;
    section.need_text("conninfo", postgres.conninfo);
    if (holds_password(postgres.conninfo)) {
        section.problem_at("conninfo", "must hold no password: \"password\": {\"file\": …}");
    }
    if (section.has("password")) section.need_secret("password", postgres.password);
    section.need_path("folder", postgres.folder);
    section.may_have_seconds("statement_timeout_seconds", postgres.statement_timeout, 1, 300);
    section.finish();
    return postgres;
}

void read_store(Section section, StoreSettings& into) {
    if (section.has("postgres")) {
        into.postgres = read_postgres(section.child("postgres"));
        if (section.has("sqlite_file")) {
            section.problem_at("postgres", "and sqlite_file exclude each other: one ledger");
        }
        section.finish();
        return;
    }
    section.need_path("sqlite_file", into.sqlite_file);
    std::int64_t megabytes = into.wal_bytes_max / kMiB;
    section.may_have_integer("wal_megabytes_max", megabytes, 64, 16 * 1024);
    into.wal_bytes_max = megabytes * kMiB;
    section.finish();
}

void read_public(Section section, PublicSettings& into) {
    section.may_have_listen_address("listen", into.listen);
    read_door_parts(section, into.tls, into.limits);
    section.need_url("base_url", into.base_url);
    section.finish();
}

template <typename Door>
void read_door(Section section, Door& into) {
    section.may_have_listen_address("listen", into.listen);
    read_door_parts(section, into.tls, into.limits);
    section.finish();
}

CertificateSettings read_certificates(Section section) {
    CertificateSettings certificates;
    section.need_public_text("app", certificates.app);
    section.need_public_texts("alipay", certificates.alipay);
    section.need_public_text("root", certificates.root);
    section.finish();
    return certificates;
}

void read_app_auth_token(Section& section, Secret& into) {
    if (!section.has("app_auth_token")) return;
    section.need_secret("app_auth_token", into);
    const std::string_view token = into.reveal();
    const bool visible = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
    if (token.size() > kAppAuthTokenBytesMax || !visible) {
        section.problem_at("app_auth_token", "up to 40 letters and digits in one line are needed");
    }
}

AppSettings read_app(Section& section) {
    AppSettings app;
    need_id(section, app.id);
    section.need_text("app_id", app.app_id);
    if (!app.app_id.empty() && (app.app_id.size() > 32 || !only_of(app.app_id, "0123456789"))) {
        section.problem_at("app_id", "up to 32 digits are needed");
    }
    section.need_texts("seller_ids", app.seller_ids);
    for (const std::string& seller_id : app.seller_ids) {
        if (!is_seller_id(seller_id)) {
            section.problem_at("seller_ids", "2088 and 12 more digits are needed");
        }
    }
    section.need_url("gateway_url", app.gateway_url);
    section.may_have_choice("sign_type", app.sign_type, {"RSA2", "RSA", "SM2"});
    section.need_secret("private_key", app.private_key);
    if (section.has("certificates")) {
        app.certificates = read_certificates(section.child("certificates"));
        if (section.has("alipay_public_keys")) {
            section.problem_at("certificates",
                               "and alipay_public_keys exclude each other: Alipay checks an app in "
                               "one mode");
        }
    } else {
        section.need_public_texts("alipay_public_keys", app.alipay_public_keys);
    }
    section.may_have_choice("api", app.api, {"v2", "v3"});
    if (app.api == "v3" && !app.gateway_url.ends_with("/gateway.do")) {
        section.problem_at("gateway_url",
                           "must end with /gateway.do: API v3 is found beside it, at /v3");
    }
    if (app.api == "v3" && app.sign_type != "RSA2") {
        section.problem_at("sign_type", "must be RSA2 for API v3");
    }
    if (section.has("encrypt_key")) section.need_secret("encrypt_key", app.encrypt_key);
    read_app_auth_token(section, app.app_auth_token);
    section.may_have_choice("encrypt_type", app.encrypt_type, {"AES", "AES_V2", "SM4"});
    std::string late = "hold";
    section.may_have_choice("late_policy", late, {"accept", "refund", "hold"});
    app.late_policy = late == "accept"   ? LatePolicy::accept
                      : late == "refund" ? LatePolicy::refund
                                         : LatePolicy::hold;
    std::int64_t days = app.refund_window.count() / 24;
    section.may_have_integer("refund_window_days", days, 1, 3'650);
    app.refund_window = std::chrono::hours(days * 24);
    section.may_have_texts("out_trade_no_prefixes", app.out_trade_no_prefixes);
    section.finish();
    return app;
}

CallerSettings read_caller(Section& section) {
    CallerSettings caller;
    need_id(section, caller.id);
    section.need_texts("key_sha256", caller.key_sha256);
    for (const std::string& hash : caller.key_sha256) {
        if (hash.size() != 64 || !only_of(hash, "0123456789abcdef")) {
            section.problem_at("key_sha256", "64 lower-case hex digits are needed");
        }
    }
    if (caller.key_sha256.size() > 2) {
        section.problem_at("key_sha256", "two keys at once are enough for a rotation");
    }
    section.need_texts("apps", caller.apps);
    section.need_texts("rights", caller.rights);
    const std::set<std::string> known{"create", "read", "close", "refund", "redeliver", "operate"};
    for (const std::string& right : caller.rights) {
        if (!known.contains(right)) {
            section.problem_at("rights", "\"" + right +
                                             "\" is not one of create, read, close, "
                                             "refund, redeliver, operate");
        }
    }
    section.may_have_integer("requests_per_second", caller.requests_per_second, 0, 1'000'000);
    section.may_have_integer("burst", caller.burst, 1, 1'000'000);
    if (section.has("burst") && caller.requests_per_second == 0) {
        section.problem_at("burst", "has a meaning with \"requests_per_second\" alone");
    }
    section.finish();
    return caller;
}

QueueSettings read_queue(Section section) {
    QueueSettings queue;
    section.need_secret("url", queue.url);
    const std::string_view url = queue.url.reveal();
    if (!url.empty() && !url.starts_with("amqp://") && !url.starts_with("amqps://")) {
        section.problem_at("url", "must begin with amqp:// or amqps://");
    }
    section.may_have_any_text("exchange", queue.exchange);
    section.need_text("routing_key", queue.routing_key);
    section.finish();
    return queue;
}

EndpointSettings read_endpoint(Section& section, const DeliveryRules& defaults) {
    EndpointSettings endpoint;
    need_id(section, endpoint.id);
    if (section.has("queue")) {
        endpoint.queue = read_queue(section.child("queue"));
    } else {
        section.need_url("url", endpoint.url);
        section.need_secrets("secrets", endpoint.secrets);
    }
    section.may_have_text("description", endpoint.description);
    section.may_have_texts("apps", endpoint.apps);
    section.may_have_texts("event_types", endpoint.event_types);
    for (const std::string& type : endpoint.event_types) {
        if (!is_event_pattern(type)) {
            section.problem_at("event_types", "\"" + type +
                                                  "\" is neither an event type such as "
                                                  "payment.paid nor a family such as payment.*");
        }
    }
    endpoint.rules = defaults;
    read_delivery_rules(section, endpoint.rules);
    section.finish();
    return endpoint;
}

void read_deliveries(Section section, DeliverySettings& into) {
    DeliveryRules& defaults = into.defaults;
    section.may_have_integer("in_flight_max", into.in_flight_max, 1, 4096);
    section.may_have_integer("in_flight_max_each", defaults.in_flight_max, 1, 256);
    section.may_have_texts("allowed_networks", into.allowed_networks);
    read_common_rules(section, defaults);
    std::chrono::milliseconds total{};
    for (const auto wait : defaults.waits) total += wait;
    if (total < std::chrono::hours(24)) {
        section.problem_at("schedule",
                           "must add up to at least 24 hours: the order service "
                           "may be away for a night");
    }
    section.finish();
}

void read_notifications(Section section, NotificationSettings& into) {
    section.may_have_integer("unverified_kept_max", into.unverified_kept_max, 1, 1'000'000);
    section.may_have_integer("unverified_stored_per_second", into.unverified_stored_per_second, 0,
                             1000);
    section.finish();
}

void read_alipay(Section section, AlipaySettings& into) {
    section.may_have_seconds("connect_timeout_seconds", into.connect_timeout, 1, 30);
    section.may_have_seconds("total_timeout_seconds", into.total_timeout, 1, 60);
    section.finish();
}

void read_reconciliation(Section section, ReconciliationSettings& into) {
    section.may_have_bool("daily", into.daily);
    section.finish();
}

void read_sweeps(Section section, SweepSettings& into) {
    section.may_have_integer("calls_per_second", into.calls_per_second, 1, 1'000);
    section.may_have_integer("in_flight_max", into.in_flight_max, 1, 1'000);
    section.finish();
}

// What is removed must be older than anything that still moves: the last retry is 75 hours after
// its event, and a bill may be looked at again for a month.
void read_retention(Section section, RetentionSettings& into) {
    constexpr std::int64_t kLeast = 31;
    constexpr std::int64_t kMost = 36'500;
    for (auto& [name, days] : {std::pair("bodies_days", &into.bodies_days),
                               std::pair("events_days", &into.events_days)}) {
        section.may_have_integer(name, *days, 0, kMost);
        if (*days > 0 && *days < kLeast) {
            section.problem_at(name, "is 0 (for ever), or at least " + std::to_string(kLeast));
        }
    }
    section.finish();
}

void read_traces(Section section, TracesSettings& into) {
    section.may_have_url("endpoint", into.endpoint);
    if (into.endpoint.ends_with("/v1/traces")) {
        section.problem_at("endpoint", "must be without /v1/traces, which is added to it");
    }
    if (section.has("authorization")) {
        section.need_secret("authorization", into.authorization);
        const std::string_view value = into.authorization.reveal();
        if (!std::ranges::all_of(value, [](char c) { return c >= ' ' && c < 0x7F; })) {
            section.problem_at("authorization", "one line of plain ASCII is needed");
        }
        if (!section.has("endpoint")) {
            section.problem_at("authorization", "is of no use without an endpoint");
        }
    }
    section.may_have_text("service_name", into.service_name);
    section.may_have_integer("sample_per_million", into.sample_per_million, 0, 1'000'000);
    section.finish();
}

ConsoleSettings read_console(Section section) {
    ConsoleSettings console;
    for (Section& person : section.need_children("operators")) {
        ConsoleOperator account;
        person.need_text("name", account.id);
        if (!account.id.empty() && !is_short_name(account.id)) {
            person.problem_at("name", "1 to 32 lower-case letters, digits and '-' are needed");
        }
        person.need_choice("role", account.role, {"viewer", "operator", "admin"});
        person.need_text("password_hash", account.password_hash);
        person.finish();
        console.operators.push_back(std::move(account));
    }
    std::int64_t life = console.session.count();
    section.may_have_integer("session_minutes", life, 5, 7 * 24 * 60);
    console.session = std::chrono::minutes(life);
    section.may_have_url("sandbox_url", console.sandbox_url);
    section.finish();
    return console;
}

void read_log(Section section, LogLevel& into) {
    std::string level(name_of(into));
    section.may_have_choice("level", level, {"debug", "info", "warning", "error"});
    for (const LogLevel candidate :
         {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
        if (name_of(candidate) == level) into = candidate;
    }
    section.finish();
}

// Members of lists name each other by id: each id once, and no name that leads nowhere.
class NameCheck {
public:
    explicit NameCheck(std::vector<Problem>& problems) : problems_(problems) {}

    template <typename Items>
    std::set<std::string> ids(const Items& items, const std::string& list,
                              const std::string& member = "/id") {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (items[i].id.empty() || seen.insert(items[i].id).second) continue;
            problems_.push_back({.where = "/" + list + "/" + std::to_string(i) + member,
                                 .what = "\"" + items[i].id + "\" stands twice"});
        }
        return seen;
    }

    template <typename Items>
    void apps_exist(const Items& items, const std::string& list,
                    const std::set<std::string>& apps) {
        for (std::size_t i = 0; i < items.size(); ++i) {
            for (const std::string& app : items[i].apps) {
                if (apps.contains(app)) continue;
                problems_.push_back({.where = "/" + list + "/" + std::to_string(i) + "/apps",
                                     .what = "there is no app \"" + app + "\""});
            }
        }
    }

private:
    std::vector<Problem>& problems_;
};

void check_names(const Settings& settings, std::vector<Problem>& problems) {
    NameCheck check(problems);
    const auto apps = check.ids(settings.apps, "apps");
    check.ids(settings.callers, "callers");
    if (settings.console) check.ids(settings.console->operators, "console/operators", "/name");
    check.ids(settings.endpoints, "endpoints");
    check.apps_exist(settings.callers, "callers", apps);
    check.apps_exist(settings.endpoints, "endpoints", apps);
}

}  // namespace

std::variant<Settings, std::vector<Problem>> load(std::string_view json_text,
                                                  const std::filesystem::path& folder) {
    std::vector<Problem> problems;
    const auto json = parse_json(json_text, Comments::allowed, problems);
    if (!json) return problems;

    Settings settings;
    Section::Context context{.folder = folder, .problems = problems};
    Section root(*json, "", context);
    if (root.has("store")) {
        read_store(root.child("store"), settings.store);
    } else {
        root.problem_at("store", "is missing");
    }
    read_public(root.child("public"), settings.public_door);
    read_door(root.child("api"), settings.api);
    read_door(root.child("operator"), settings.operator_door);
    if (root.has("console")) settings.console = read_console(root.child("console"));
    for (Section& app : root.need_children("apps")) settings.apps.push_back(read_app(app));
    for (Section& caller : root.need_children("callers")) {
        settings.callers.push_back(read_caller(caller));
    }
    read_deliveries(root.child("deliveries"), settings.deliveries);
    for (Section& endpoint : root.may_have_children("endpoints")) {
        settings.endpoints.push_back(read_endpoint(endpoint, settings.deliveries.defaults));
    }
    read_notifications(root.child("notifications"), settings.notifications);
    read_alipay(root.child("alipay"), settings.alipay);
    read_reconciliation(root.child("reconciliation"), settings.reconciliation);
    read_sweeps(root.child("sweeps"), settings.sweeps);
    read_retention(root.child("retention"), settings.retention);
    read_traces(root.child("traces"), settings.traces);
    read_log(root.child("log"), settings.log_level);
    root.may_have_integer("workers", settings.workers, 0, 256);
    root.finish();
    check_names(settings, problems);

    if (!problems.empty()) return problems;
    return settings;
}

std::variant<Settings, std::vector<Problem>> load_file(const std::filesystem::path& file) {
    const auto text = read_file(file, kFileBytesMax);
    if (!text) {
        return std::vector<Problem>{{.where = "/", .what = text.error().message()}};
    }
    return load(*text, std::filesystem::absolute(file).parent_path());
}

}  // namespace tollgate::config
