#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "signing/webhook.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate::testing {

// Loopback is listed, so that the tests' receivers can be endpoints.
inline void allow_loopback(config::Settings& settings) {
    settings.deliveries.allowed_networks = {"127.0.0.0/8"};
}

inline Answer post(GatewayWorld& world, const std::string& target, const nlohmann::json& body,
                   const transport::HeaderList& headers = {},
                   const std::string& key = GatewayWorld::kKey) {
    return world.api("POST", target, body.dump(), headers, key);
}

inline std::string code_of(const Answer& answer) {
    EXPECT_EQ(answer.header("content-type"), "application/problem+json") << answer.body;
    return answer.json().value("code", "");
}

inline std::set<std::string> wrong_fields(const Answer& answer) {
    EXPECT_EQ(code_of(answer), "invalid_request");
    std::set<std::string> fields;
    const auto errors = answer.json().value("errors", nlohmann::json::array());
    for (const auto& error : errors) fields.insert(error["field"]);
    return fields;
}

// A receiver that keeps what it got whole, to verify it.
class VerifyingReceiver {
public:
    VerifyingReceiver() {
        transport::Router router;
        router.add("POST", "/events", [this](transport::ServerRequest& request, auto ticket) {
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
            }
            arrived_.notify_all();
            ticket.complete({.status = 204});
        });
        server_ = std::make_unique<LocalServer>(std::move(router));
    }
    std::string url() const { return server_->url() + "/events"; }

    transport::ServerRequest wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(arrived_.wait_for(lock, std::chrono::seconds(120),
                                      [&] { return requests_.size() >= count; }));
        return requests_.size() >= count ? requests_[count - 1] : transport::ServerRequest{};
    }

    // By all of these secrets or public keys, each for itself.
    static bool verifies(const transport::ServerRequest& request, const std::string& key) {
        const auto parsed = signing::WebhookVerifyingKey::parse(key);
        EXPECT_TRUE(parsed) << key;
        const std::vector<signing::WebhookVerifyingKey> keys{*parsed};
        return signing::verify_webhook(
                   keys,
                   {.id = request.header("webhook-id").value_or(""),
                    .timestamp = request.header("webhook-timestamp").value_or(""),
                    .signatures = request.header("webhook-signature").value_or(""),
                    .body = request.body},
                   system_clock().now().ms / 1000)
            .has_value();
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<transport::ServerRequest> requests_;
    std::unique_ptr<LocalServer> server_;
};

}  // namespace tollgate::testing
