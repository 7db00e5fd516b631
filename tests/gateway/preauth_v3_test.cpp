// Try and confirm by an app that speaks API v3, whose failures nobody signs.
#include <gtest/gtest.h>

#include "tests/gateway/preauth_world.h"
#include "tests/gateway/v3_alipay.h"

namespace tollgate {
namespace {

using testing::PreauthWorld;
using testing::V3Alipay;

struct V3PreauthWorld {
    V3PreauthWorld() {
        alipay.answer_by([this](const std::string& method, const nlohmann::json& fields) {
            return *world.fund.reply_to(method, fields);  // Nothing is lost here.
        });
    }

    V3Alipay alipay;
    PreauthWorld world{[this](config::Settings& settings) {
        settings.apps.at(0).api = "v3";
        settings.apps.at(0).gateway_url = alipay.gateway_url();
    }};
};

TEST(PreauthV3, IsFrozenAgainWhenAlipayRefusesToPay) {
    constexpr const char* kPay = "alipay.trade.pay";
    V3PreauthWorld v3;
    PreauthWorld& world = v3.world;
    ASSERT_EQ(world.attempt().status, 200);
    world.fund.refuse(kPay, "ACQ.BUYER_ENABLE_STATUS_FORBID");
    const auto refused = world.end("confirm");
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(refused.json()["code"], "confirm_refused");
    EXPECT_EQ(world.one()["status"], "frozen");
    EXPECT_EQ(v3.alipay.calls_over_v3(kPay), 1);
    EXPECT_EQ(v3.alipay.calls_over_v2(kPay), 1) << "the repeat, whose refusal is signed";
    world.fund.heal();
    EXPECT_EQ(world.end("confirm").status, 200);
    EXPECT_EQ(world.fund.taken(), 1'000);
    EXPECT_EQ(v3.alipay.calls_over_v3(kPay), 2);
}

}  // namespace
}  // namespace tollgate
