#include "config/sandbox_settings.h"

#include <set>

namespace tollgate::config {
namespace {

constexpr std::size_t kSandboxFileBytesMax = 1024 * 1024;
constexpr std::int64_t kTimeScaleMax = 100'000;
constexpr std::int64_t kAmountMax = 10'000'000'000;
constexpr std::int64_t kTradesMax = 10'000'000;

bool is_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

SandboxCertificates read_sandbox_certificates(Section section) {
    SandboxCertificates certificates;
    section.need_public_text("app", certificates.app);
    section.need_public_texts("alipay", certificates.alipay);
    section.need_public_text("root", certificates.root);
    section.finish();
    return certificates;
}

SandboxApp read_sandbox_app(Section& section) {
    SandboxApp app;
    section.need_text("app_id", app.app_id);
    if (app.app_id.size() > 32 || !is_digits(app.app_id)) {
        section.problem_at("app_id", "up to 32 digits are needed");
    }
    section.need_text("seller_id", app.seller_id);
    const bool seller =
        app.seller_id.size() == 16 && is_digits(app.seller_id) && app.seller_id.starts_with("2088");
    if (!app.seller_id.empty() && !seller) {
        section.problem_at("seller_id", "2088 and 12 more digits are needed");
    }
    if (section.has("certificates")) {
        app.certificates = read_sandbox_certificates(section.child("certificates"));
        if (section.has("app_public_key")) {
            section.problem_at("certificates",
                               "and app_public_key exclude each other: Alipay checks an app in one "
                               "mode");
        }
    } else {
        section.need_public_text("app_public_key", app.app_public_key);
    }
    if (section.has("encrypt_key")) section.need_secret("encrypt_key", app.encrypt_key);
    if (section.has("app_auth_token")) section.need_secret("app_auth_token", app.app_auth_token);
    section.may_have_choice("sign_type", app.sign_type, {"RSA2", "RSA"});
    section.need_text("name", app.name);
    section.may_have_url("application_gateway", app.application_gateway);
    section.finish();
    return app;
}

void read_notified_statuses(Section& section, std::vector<std::string>& into) {
    section.may_have_texts("notified_statuses", into);
    for (const std::string& status : into) {
        const bool known =
            status == "WAIT_BUYER_PAY" || status == "TRADE_CLOSED" || status == "TRADE_FINISHED";
        if (known) continue;
        section.problem_at(
            "notified_statuses",
            "WAIT_BUYER_PAY, TRADE_CLOSED or TRADE_FINISHED is needed, not " + status);
    }
}

void read_alipay(Section section, SandboxAlipay& into) {
    section.may_have_listen_address("listen", into.listen);
    section.may_have_url("base_url", into.base_url);
    section.need_secret("private_key", into.private_key);
    section.may_have_integer("time_scale", into.time_scale, 1, kTimeScaleMax);
    section.may_have_bool("immediate_resends", into.immediate_resends);
    section.may_have_integer("no_password_max", into.no_password_max, 0, kAmountMax);
    section.may_have_integer("fee_basis_points", into.fee_basis_points, 0, 10'000);
    section.may_have_bool("bills_at_once", into.bills_at_once);
    section.may_have_integer("trades_max", into.trades_max, 1, kTradesMax);
    section.may_have_choice("notification_cert_sn", into.notification_cert_sn,
                            {"signed", "unsigned", "none"});
    read_notified_statuses(section, into.notified_statuses);
    std::set<std::string> seen;
    for (Section& child : section.need_children("apps")) {
        SandboxApp app = read_sandbox_app(child);
        if (!app.app_id.empty() && !seen.insert(app.app_id).second) {
            child.problem_at("app_id", "stands twice: " + app.app_id);
        }
        into.apps.push_back(std::move(app));
    }
    section.finish();
}

void read_shop(Section section, SandboxShop& into) {
    section.may_have_listen_address("listen", into.listen);
    section.may_have_url("base_url", into.base_url);
    section.need_url("gateway", into.gateway);
    section.need_text("app", into.app);
    section.need_secret("api_key", into.api_key);
    section.need_secret("event_secret", into.event_secret);
    section.finish();
}

}  // namespace

std::variant<SandboxSettings, std::vector<Problem>> load_sandbox(
    std::string_view json_text, const std::filesystem::path& folder) {
    std::vector<Problem> problems;
    const auto json = parse_json(json_text, Comments::allowed, problems);
    if (!json || !problems.empty()) return problems;

    SandboxSettings settings;
    Section::Context context{.folder = folder, .problems = problems};
    Section root(*json, "", context);
    for (const char* part : {"alipay", "shop"}) {
        if (!root.has(part)) root.problem_at(part, "is missing");
    }
    if (root.has("alipay")) read_alipay(root.child("alipay"), settings.alipay);
    if (root.has("shop")) read_shop(root.child("shop"), settings.shop);
    root.finish();

    if (!problems.empty()) return problems;
    return settings;
}

std::variant<SandboxSettings, std::vector<Problem>> load_sandbox_file(
    const std::filesystem::path& file) {
    const auto text = read_file(file, kSandboxFileBytesMax);
    if (!text) return std::vector<Problem>{{.where = "/", .what = text.error().message()}};
    return load_sandbox(*text, std::filesystem::absolute(file).parent_path());
}

}  // namespace tollgate::config
