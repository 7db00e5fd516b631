#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/log.h"
#include "sandbox/rsa.h"
#include "transport/curl_client.h"
#include "transport/front.h"

namespace tollgate::sandbox {

// As little of a gateway as the shop and the pretend Alipay need: signs payments, verifies
// notifications, sends one event for each. Runs until it goes.
class FakeGateway {
public:
    FakeGateway(Clock& clock, Entropy& entropy, Log& log);
    FakeGateway(const FakeGateway&) = delete;
    FakeGateway& operator=(const FakeGateway&) = delete;
    ~FakeGateway();

    std::string url() const;
    // Where the other side is; set before the first order.
    void connect(std::string alipay_url, std::string shop_url);
    void answer_notifications_with(std::string text) { notify_answer_ = std::move(text); }

    static constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    static constexpr const char* kApiKey = "test-key";

    std::atomic<int> bad_notifications = 0;

private:
    transport::ServerResponse create(const transport::ServerRequest& request);
    transport::ServerResponse notified(const transport::ServerRequest& request);
    void send_event(const std::string& out_trade_no, const std::string& fen);

    Clock& clock_;
    const PrivateKey key_;
    const PublicKey alipay_key_;
    std::string alipay_url_;
    std::string shop_url_;
    std::string notify_answer_ = "success";
    transport::CurlClient client_{{}};
    std::unique_ptr<transport::Front> front_;
    std::atomic<bool> stopped_ = false;
    std::thread worker_;
    std::thread driver_;
};

}  // namespace tollgate::sandbox
