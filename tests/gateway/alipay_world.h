#pragma once

#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "callbacks/app.h"
#include "gateway/alipay_client.h"
#include "tests/gateway/gateway_world.h"
#include "tests/support/fakes.h"
#include "transport/curl_client.h"

namespace tollgate::testing {

// The client alone, over real HTTP, with a pretend Alipay whose answers a test chooses and a clock
// that stands at midnight, 11 November 2026, in Beijing.
class AlipayWorld {
public:
    // `change` may give the app another address, API or key before it is read.
    explicit AlipayWorld(const std::function<void(config::AppSettings&)>& change = {}) {
        config::AppSettings settings;
        settings.id = "shop";
        settings.app_id = "2021000000000001";
        settings.seller_ids = {"2088000000000001"};
        settings.gateway_url = alipay.gateway_url();
        settings.private_key = test_keys().app.to_pkcs8_pem();
        settings.alipay_public_keys = {test_keys().alipay.public_half().to_spki_pem()};
        if (change) change(settings);
        std::vector<config::AppSettings> all;
        all.push_back(std::move(settings));
        std::vector<config::Problem> problems;
        auto read = callbacks::Apps::from(all, problems);
        EXPECT_TRUE(read) << config::to_text(problems);
        apps.emplace(*std::move(read));
    }

    Result<gateway::AlipayAnswer> call(std::string_view method, const nlohmann::json& biz,
                                       const std::string& notify_url = "") {
        std::optional<Result<gateway::AlipayAnswer>> got;
        client.call({.app = apps->find("shop"),
                     .method = method,
                     .biz_content = biz,
                     .notify_url = notify_url,
                     .request_id = "r1"},
                    [&](Result<gateway::AlipayAnswer> answer) { got.emplace(std::move(answer)); });
        while (!got) http.run_once(std::chrono::milliseconds(1'000));
        return *std::move(got);
    }

    // Every call is answered with this node, rightly signed.
    void answer_with(const nlohmann::json& node) {
        alipay.script(
            [node](const std::string& method, const nlohmann::json&, transport::Ticket ticket) {
                ticket.complete(ScriptedAlipay::answer(method, node));
            });
    }
    void answer_with_body(int status, const std::string& body) {
        alipay.script(
            [status, body](const std::string&, const nlohmann::json&, transport::Ticket ticket) {
                ticket.complete({.status = status, .content_type = "text/html", .body = body});
            });
    }

    HandClock clock;
    TestLog log{clock};
    ScriptedAlipay alipay;
    std::optional<callbacks::Apps> apps;
    transport::CurlClient http{{}};
    CountingEntropy entropy;
    gateway::AlipayClient client{{}, http, clock, entropy, log.get()};
};

}  // namespace tollgate::testing
