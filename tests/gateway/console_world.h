#pragma once

#include <string>

#include "signing/entropy.h"
#include "signing/password.h"
#include "tests/gateway/little_alipay.h"
#include "transport/curl_client.h"

namespace tollgate::testing {

inline constexpr const char* kPassword = "correct horse battery";

// A gateway with a console for a viewer, an operator and an admin of one password.
struct ConsoleWorld : GatewayWorld {
    explicit ConsoleWorld(std::function<void(config::Settings&)> change = {})
        : GatewayWorld([change = std::move(change)](config::Settings& settings) {
              add_console(settings);
              if (change) change(settings);
          }),
          little(*this) {}

    static void add_console(config::Settings& settings) {
        // Cheap: what it costs is not what these tests are about.
        static const std::string kHash =
            signing::PasswordHash::of(Secret(kPassword), signing::openssl_entropy(),
                                      {.log2_n = 10, .r = 8, .p = 1})
                .text();
        settings.console = config::ConsoleSettings{};
        for (const char* role : {"viewer", "operator", "admin"}) {
            settings.console->operators.push_back(
                {.id = std::string("the-") + role, .role = role, .password_hash = kHash});
        }
    }

    Answer ask(const std::string& method, const std::string& target, const std::string& body = "",
               transport::HeaderList headers = {}) {
        if (!cookie.empty()) headers.emplace_back("Cookie", cookie);
        if (!csrf.empty() && method != "GET") headers.emplace_back("X-CSRF-Token", csrf);
        if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
        transport::ClientRequest request{.method = method,
                                         .url = url("operator") + target,
                                         .headers = std::move(headers),
                                         .body = body};
        request.total_timeout = std::chrono::seconds(120);
        transport::CurlClient client({});
        auto reply = transport::send_and_wait(client, std::move(request));
        EXPECT_TRUE(reply) << reply.error().message();
        if (!reply) return {};
        return {.status = reply->status, .body = reply->body, .headers = reply->headers};
    }
    Answer get(const std::string& target) { return ask("GET", "/console/api" + target); }
    // An action with a reason.
    Answer act(const std::string& method, const std::string& target, const std::string& body = "",
               transport::HeaderList headers = {}) {
        headers.emplace_back("X-Reason", "they%20called%20us");
        return ask(method, "/console/api" + target, body, std::move(headers));
    }

    Answer try_to_sign_in(const std::string& name, const std::string& password) {
        return ask("POST", "/console/api/session",
                   nlohmann::json{{"name", name}, {"password", password}}.dump());
    }
    void sign_in(const std::string& name) {
        cookie.clear();
        csrf.clear();
        const auto answer = try_to_sign_in(name, kPassword);
        ASSERT_EQ(answer.status, 200) << answer.body;
        const std::string set = answer.header("set-cookie");
        cookie = set.substr(0, set.find(';'));
        csrf = answer.json()["csrf"];
    }
    // Of the operator's door as it is asked here.
    std::string cookie_name() const {
        const std::string door = url("operator");
        return "tollgate_session_" + door.substr(door.rfind(':') + 1);
    }
    std::string new_payment(const std::string& number) {
        return create(order(number)).json()["id"];
    }
    nlohmann::json audit() {
        sign_in("the-admin");
        return get("/audit").json()["entries"];
    }

    std::string cookie;
    std::string csrf;
    LittleAlipay little;
};

}  // namespace tollgate::testing
