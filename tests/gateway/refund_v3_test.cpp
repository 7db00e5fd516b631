// Refunds of an app that speaks API v3, whose failures nobody signs.
#include <gtest/gtest.h>

#include "tests/gateway/v3_alipay.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using testing::Answer;
using testing::GatewayWorld;
using testing::V3Alipay;

constexpr const char* kRefundMethod = "alipay.trade.refund";

// Alipay refuses every refund, and has none when it is asked.
json refuse_each_refund(const std::string& method, const json& /*fields*/) {
    if (method == "alipay.trade.fastpay.refund.query") return {{"code", "10000"}};
    const char* const code =
        method == kRefundMethod ? "ACQ.TRADE_NOT_ALLOW_REFUND" : "ACQ.TRADE_NOT_EXIST";
    return {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", code}, {"sub_msg", "no"}};
}

struct V3RefundWorld {
    V3RefundWorld() {
        alipay.answer_by(&refuse_each_refund);
        world.pay("T1");
        id = world.api("GET", "/v1/payments?app=shop&out_trade_no=T1").json()["payments"][0]["id"];
    }

    Answer refund(const std::string& number, std::int64_t fen) {
        return world.api("POST", "/v1/payments/" + id + "/refunds",
                         json{{"out_request_no", number}, {"amount", fen}}.dump());
    }
    json all() { return world.api("GET", "/v1/payments/" + id + "/refunds").json(); }
    // Minute by minute, so that everything that falls due is seen to.
    void pass(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string until = std::to_string((world.clock.now() + minutes(1)).ms);
            world.clock.pass(minutes(1));
            world.wait_for_count("SELECT count(*) FROM refund WHERE next_sweep_ms <= " + until, 0);
        }
    }

    V3Alipay alipay;
    GatewayWorld world{[this](config::Settings& settings) {
        settings.apps.at(0).api = "v3";
        settings.apps.at(0).gateway_url = alipay.gateway_url();
    }};
    std::string id;
};

TEST(RefundV3, FailsOnceV2HasSignedTheRefusal) {
    V3RefundWorld v3;
    EXPECT_EQ(v3.refund("R1", 700).json()["status"], "unknown");
    EXPECT_EQ(v3.refund("R2", 700).json()["code"], "refund_exceeds");
    v3.pass(9);
    EXPECT_EQ(v3.all()["refunds"][0]["status"], "unknown") << "one empty query is no proof";
    v3.pass(4);
    EXPECT_EQ(v3.all()["refunds"][0]["status"], "failed");
    EXPECT_EQ(v3.all()["refundable"], 1'000);
    EXPECT_EQ(v3.alipay.calls_over_v3(kRefundMethod), 1);
    EXPECT_EQ(v3.alipay.calls_over_v2(kRefundMethod), 2);
}

}  // namespace
}  // namespace tollgate
