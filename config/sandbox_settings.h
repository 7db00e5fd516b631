#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "config/fault_settings.h"
#include "config/json_reader.h"

namespace tollgate::config {

// What an application in certificate mode has; each is the text of a file.
struct SandboxCertificates {
    std::string app;
    std::vector<std::string> alipay;  // The first is in use; a renewal takes the next.
    std::string root;
};

// One application that the pretend Alipay knows. It has either app_public_key or certificates.
struct SandboxApp {
    std::string app_id;
    std::string seller_id;            // "2088" and 12 digits.
    std::string app_public_key;       // Of the key that signs this application's requests.
    std::string sign_type = "RSA2";   // Or "RSA", for an old application.
    std::string name;                 // What the cashier calls the merchant.
    std::string application_gateway;  // Where messages of the "FROM Ant" kind go, if anywhere.
    std::optional<SandboxCertificates> certificates;
    Secret encrypt_key;     // Base64; empty: content encryption is off.
    Secret app_auth_token;  // Of a merchant that it acts for; empty: it acts for nobody.
};

struct SandboxAlipay {
    ListenAddress listen{.address = "127.0.0.1", .port = 8610};
    std::string base_url;  // What browsers and the gateway call us; empty: http:// and `listen`.
    Secret private_key;    // Signs answers, notifications and returns.
    // How many times faster than at Alipay the waits between re-sends pass: 60 turns 4 min into 4
    // s.
    std::int64_t time_scale = 1;
    bool immediate_resends = true;  // Three at once before the long waits (protocol notes 4.8).
    // The most, in fen, that a scanned code pays without the buyer's password.
    std::int64_t no_password_max = 100'000;
    // Statuses that are notified beside TRADE_SUCCESS and refunds: Alipay's are off by default.
    std::vector<std::string> notified_statuses;
    // In certificate mode: "signed", "unsigned" or "none", as nobody knows what Alipay does.
    std::string notification_cert_sn = "signed";
    std::int64_t fee_basis_points = 60;  // What the merchant is charged: 60 is 0.6 %.
    // Today's bill can be had today; without it at nine tomorrow, as at Alipay.
    bool bills_at_once = false;
    std::int64_t trades_max = 20'000;  // Kept in memory; the oldest goes when there are more.
    std::vector<SandboxApp> apps;
    FaultPlan faults;  // From a file of its own (config/fault_settings.h).
};

struct SandboxShop {
    ListenAddress listen{.address = "127.0.0.1", .port = 8620};
    std::string base_url;  // Empty: http:// and `listen`.
    std::string gateway;   // The gateway's api address, "http://127.0.0.1:8601".
    std::string app;       // The gateway's name for the application to pay through.
    Secret api_key;        // The bearer key of this shop at the gateway.
    Secret event_secret;   // "whsec_…": proves that events come from the gateway.
};

struct SandboxSettings {
    SandboxAlipay alipay;
    SandboxShop shop;
};

// The settings, or every problem at once. Relative file names are relative to `folder`. What a
// key's text means is checked by its user.
std::variant<SandboxSettings, std::vector<Problem>> load_sandbox(
    std::string_view json_text, const std::filesystem::path& folder);

// The same for a file; a file that cannot be read is a problem at "/".
std::variant<SandboxSettings, std::vector<Problem>> load_sandbox_file(
    const std::filesystem::path& file);

}  // namespace tollgate::config
