#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/secret.h"
#include "config/delivery_rules.h"
#include "config/json_reader.h"

// Every knob of the gateway on one page. Only structs: knowing this header costs a room nothing.
// Units are in the type or in the name; a default, where there is one, is safe for production.
// config/example.json explains each one for people; a test holds the two together.
namespace tollgate::config {

// One database that several gateways share.
struct PostgresSettings {
    std::string conninfo;  // libpq's words for it, without a password.
    Secret password;       // Empty: libpq's own ways (peer, a passfile).
    std::string folder;    // Of this gateway alone: what it keeps beside the ledger. Must exist.
    std::chrono::milliseconds statement_timeout{10'000};
};

// One of the two.
struct StoreSettings {
    std::string sqlite_file;  // The ledger. Its folder must exist; -wal and -shm stand beside it.
    std::optional<PostgresSettings> postgres;
    std::int64_t wal_bytes_max =
        256 * 1024 * 1024;  // Above it the checkpointer stops being polite.

    // What the names of this gateway's other files begin with.
    std::string stem() const { return postgres ? postgres->folder + "/tollgate" : sqlite_file; }
};

// TLS at a door, by PEM files that are already there; read again at SIGHUP.
struct DoorTls {
    std::string certificate_file;  // With its chain; empty: plain text.
    std::string key_file;
    std::string client_ca_file;  // Who signs the certificates of clients; empty: none is asked for.
    bool client_needed = true;   // False: a client may come without one.
};

// What a door takes before it refuses, or, with too many connections, lets them wait.
struct DoorLimits {
    std::int64_t connections_max = 20'000;
    std::int64_t head_bytes_max = 16 * 1024;
    std::int64_t body_bytes_max = 256 * 1024;
    std::chrono::milliseconds request_time{10'000};  // From its first byte to its last.
    std::chrono::milliseconds idle_time{75'000};     // Of a kept connection.
};

// Alipay's and the buyers' door. Everything but /alipay/… is 404 here.
struct PublicSettings {
    ListenAddress listen{.address = "127.0.0.1", .port = 8600};
    DoorTls tls;
    DoorLimits limits;
    // What Alipay and browsers reach it by, without a final '/': the start of every notify_url.
    std::string base_url;
};

// The order service's door.
struct ApiSettings {
    ListenAddress listen{.address = "127.0.0.1", .port = 8601};
    DoorTls tls;
    DoorLimits limits{.body_bytes_max = 128 * 1024};
};

// Health, readiness and the console.
struct OperatorSettings {
    ListenAddress listen{.address = "127.0.0.1", .port = 8602};
    DoorTls tls;
    DoorLimits limits;
};

// A person who may sign in to the console.
struct ConsoleOperator {
    std::string id;             // His name. [a-z0-9-]{1,32}
    std::string role;           // viewer, operator, admin
    std::string password_hash;  // As `tollgate keys password` prints it.
};

// The console at the operator's door.
struct ConsoleSettings {
    std::vector<ConsoleOperator> operators;
    std::chrono::minutes session{480};  // From the sign-in on.
    std::string sandbox_url;            // The pretend Alipay beside us; empty: there is none.
};

// Certificate mode: the texts of the files that Alipay's console hands out (protocol notes 5).
struct CertificateSettings {
    std::string app;                  // appCertPublicKey_….crt
    std::vector<std::string> alipay;  // alipayCertPublicKey_RSA2.crt; two while one is renewed.
    std::string root;                 // alipayRootCert.crt
};

// What becomes of money that nobody waits for any more: that of a payment which was already closed,
// or of an order that another payment has paid.
enum class LatePolicy {
    accept,  // It is the order service's: the event says `late` or `surplus`.
    refund,  // It is sent back.
    hold,    // A difference is opened; somebody decides.
};

// One Alipay application. It has either alipay_public_keys or certificates.
struct AppSettings {
    std::string id;      // Ours: stands in notify URLs and in the API. [a-z0-9-]{1,32}
    std::string app_id;  // Alipay's.
    std::vector<std::string> seller_ids;  // 2088…; the first one is used when a payment names none.
    std::string gateway_url;              // …/gateway.do
    std::string sign_type = "RSA2";       // or "RSA", for apps that never moved on, or "SM2".
    Secret private_key;                   // The app's own.
    std::string api = "v2";               // or "v3", for every method that has a v3 path.
    Secret encrypt_key;                   // Base64; empty: nothing is encrypted.
    std::string encrypt_type = "AES";     // or "AES_V2", "SM4".
    Secret app_auth_token;                // Of a merchant that the app acts for; empty: none.
    std::vector<std::string> alipay_public_keys;  // Alipay's, not ours; two while one is renewed.
    // How its out_trade_no begin, where the merchant takes money elsewhere as well: tells its lines
    // of a bill from those of others. Empty: every number may be its own.
    std::vector<std::string> out_trade_no_prefixes;
    std::optional<CertificateSettings> certificates;
    LatePolicy late_policy = LatePolicy::hold;
    std::chrono::hours refund_window{365 * 24};  // Of its contract with Alipay.
};

// An order service, or a person's tool, that uses the API.
struct CallerSettings {
    std::string id;
    std::vector<std::string> key_sha256;  // Of its bearer keys, lower-case hex; two for rotation.
    std::vector<std::string> apps;
    std::vector<std::string> rights;       // create, read, close, refund, redeliver, operate
    std::int64_t requests_per_second = 0;  // 429 beyond; 0: as many as he likes.
    std::int64_t burst = 0;                // So many at once; 0: a second's worth.
};

// An exchange of a message broker that events are published to.
struct QueueSettings {
    Secret url;               // amqp:// or amqps://, with user, password and vhost.
    std::string exchange;     // Empty: the default one, whose routing keys are names of queues.
    std::string routing_key;  // "{type}" in it is replaced by the event's type.
};

// Where events go: to an HTTP address, or to a message broker.
struct EndpointSettings {
    std::string id;
    std::string url;              // http:// or https://; empty with a queue.
    std::vector<Secret> secrets;  // whsec_… or whsk_…; every one signs, for rotation.
    std::optional<QueueSettings> queue;
    std::string description;
    std::vector<std::string> apps;         // Empty: events of every app.
    std::vector<std::string> event_types;  // "payment.paid", "refund.*"; empty: every type.
    DeliveryRules rules;
};

struct DeliverySettings {
    DeliveryRules defaults;            // For endpoints that do not say otherwise.
    std::int64_t in_flight_max = 512;  // At all endpoints together.
    // Where endpoints made through the API may lead besides public addresses: "10.2.0.0/16".
    std::vector<std::string> allowed_networks;
};

struct NotificationSettings {
    std::int64_t unverified_kept_max = 1000;        // Per app; the oldest goes first.
    std::int64_t unverified_stored_per_second = 5;  // What a flood may cost us on disk.
};

struct AlipaySettings {
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds total_timeout{15'000};
};

// The comparison with Alipay's bills.
struct ReconciliationSettings {
    bool daily = true;  // Of the day before, from 10:00 in Beijing.
};

// How Alipay is asked about payments and refunds that nothing is heard of.
struct SweepSettings {
    std::int64_t calls_per_second = 20;  // At most, of all sweeps together.
    std::int64_t in_flight_max = 32;
};

// How long the ledger keeps what nobody needs for a payment any more; 0: for ever.
struct RetentionSettings {
    std::int64_t bodies_days = 180;  // What Alipay sent, headers and body.
    std::int64_t events_days = 400;  // Events, their deliveries and attempts.
};

// Where the spans of requests, calls and deliveries go (docs/traces.md).
struct TracesSettings {
    std::string endpoint;  // Of a collector that speaks OTLP/HTTP; empty: there are no traces.
    Secret authorization;  // Its whole Authorization header; empty: none.
    std::string service_name = "tollgate";
    std::int64_t sample_per_million = 10'000;  // Of what brings no trace along.
};

struct Settings {
    StoreSettings store;
    PublicSettings public_door;
    ApiSettings api;
    OperatorSettings operator_door;
    std::optional<ConsoleSettings> console;  // Nothing: there is no console.
    std::vector<AppSettings> apps;
    std::vector<CallerSettings> callers;
    std::vector<EndpointSettings> endpoints;
    DeliverySettings deliveries;
    NotificationSettings notifications;
    AlipaySettings alipay;
    ReconciliationSettings reconciliation;
    SweepSettings sweeps;
    RetentionSettings retention;
    TracesSettings traces;
    std::int64_t workers = 0;  // 0: one a core.
    LogLevel log_level = LogLevel::info;
};

}  // namespace tollgate::config
