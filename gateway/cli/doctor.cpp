#include "gateway/cli/doctor.h"

#include <array>
#include <cstdio>
#include <span>
#include <variant>

#include "callbacks/app.h"
#include "config/load.h"
#include "gateway/alipay_request.h"
#include "gateway/cli/exit_code.h"
#include "gateway/doctor/address_checks.h"
#include "gateway/doctor/key_checks.h"
#include "gateway/doctor/online_check.h"
#include "signing/digest.h"
#include "signing/entropy.h"
#include "transport/curl_client.h"

namespace tollgate::gateway::cli {
namespace {

constexpr std::size_t kKeyFileMax = 64 * 1024;

void add(Findings& findings, Findings more) {
    for (Finding& finding : more) findings.push_back(std::move(finding));
}

std::string where_of(std::size_t app) {
    return "/apps/" + std::to_string(app);
}

// The settings could not be read: whoever did says why, in one language.
Findings from_problems(const std::vector<config::Problem>& problems) {
    Findings findings;
    for (const config::Problem& problem : problems) {
        findings.push_back({Severity::error, problem.where, "setting_wrong", problem.what,
                            "该设置有误，请按上面的英文说明修改。"});
    }
    return findings;
}

Findings offline(const config::Settings& settings, std::string_view console_key, Timestamp now) {
    Findings findings;
    for (std::size_t i = 0; i < settings.apps.size(); ++i) {
        const config::AppSettings& app = settings.apps[i];
        // A console shows one app; with several, nobody knows which.
        const bool only = settings.apps.size() == 1;
        add(findings, check_keys(app, where_of(i), only ? console_key : ""));
        add(findings, check_app_certificates(app, where_of(i), now));
        add(findings, check_gateway_address(app, where_of(i)));
    }
    add(findings, check_notify_address(settings));
    return findings;
}

// A number that no order can have: nobody else draws these bytes.
std::string impossible_number() {
    std::array<std::uint8_t, 12> bytes{};
    signing::openssl_entropy().fill(bytes);
    return "tollgate_doctor_" +
           signing::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void ask(Findings& findings, const callbacks::App& app, const std::string& where,
         const config::AlipaySettings& times) {
    AlipayRequest request;
    request.app = &app;
    request.method = "alipay.trade.query";
    request.biz_content = R"({"out_trade_no":")" + impossible_number() + R"("})";
    request.now = system_clock().now();
    const auto fields = sign_request(request, signing::openssl_entropy());
    if (!fields) return;
    transport::ClientRequest call = server_call(app, *fields);
    call.connect_timeout = times.connect_timeout;
    call.total_timeout = times.total_timeout;
    transport::CurlClient client({});
    const auto reply = send_and_wait(client, std::move(call));
    findings.push_back(judge_query(app, where, reply));
    if (!reply) return;
    const auto date = transport::find_header(reply->headers, "date");
    auto clock = check_clock(system_clock().now(), date.value_or(""));
    if (clock) findings.push_back(*std::move(clock));
}

void online(Findings& findings, const config::Settings& settings) {
    for (std::size_t i = 0; i < settings.apps.size(); ++i) {
        std::vector<config::Problem> known_already;
        const auto apps = callbacks::Apps::from(std::span(&settings.apps[i], 1), known_already);
        if (!apps) continue;
        ask(findings, *apps->find(settings.apps[i].id), where_of(i), settings.alipay);
    }
}

Result<std::string> console_key_of(const DoctorOptions& options) {
    if (options.app_public_key_file.empty()) return std::string();
    return config::read_file(options.app_public_key_file, kKeyFileMax);
}

int say(const Findings& findings) {
    const std::string text = to_text(findings);
    static_cast<void>(std::fputs(text.c_str(), stdout));
    return has_error(findings) ? kConfig : kDone;
}

}  // namespace

int doctor(const DoctorOptions& options) {
    const auto console_key = console_key_of(options);
    if (!console_key) {
        static_cast<void>(
            std::fprintf(stderr, "tollgate: %s\n", console_key.error().message().c_str()));
        return kUsage;
    }
    auto loaded = config::load_file(options.config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return say(from_problems(*problems));
    }
    const auto& settings = std::get<config::Settings>(loaded);
    Findings findings = offline(settings, *console_key, system_clock().now());
    if (options.online) online(findings, settings);
    if (findings.empty()) {
        findings.push_back({Severity::good, "", "nothing_wrong",
                            "Nothing is wrong that can be seen "
                            "from here. --online asks Alipay as well.",
                            "未发现问题。加上 --online 可向支付宝核实。"});
    }
    return say(findings);
}

}  // namespace tollgate::gateway::cli
