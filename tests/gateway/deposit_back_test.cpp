// What Alipay's messages say of card refunds at the buyer's bank, through a whole gateway.
#include <gtest/gtest.h>

#include "tests/gateway/little_alipay.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::GatewayWorld;
using testing::LittleAlipay;
using Kind = LittleAlipay::Fault::Kind;

class DepositBack : public ::testing::Test {
protected:
    DepositBack() {
        world.pay("T1");
        little.pay("T1");
        id_ = world.api("GET", "/v1/payments?app=shop&out_trade_no=T1").json()["payments"][0]["id"];
    }

    testing::Answer refund(const std::string& number) {
        return world.api("POST", "/v1/payments/" + id_ + "/refunds",
                         json{{"out_request_no", number}, {"amount", 400}}.dump());
    }
    json one(const std::string& number) {
        return world.api("GET", "/v1/payments/" + id_ + "/refunds/" + number).json();
    }
    std::string send(const std::string& number, const std::string& status) {
        const json biz{{"trade_no", "2026T1"},     {"out_trade_no", "T1"},
                       {"out_request_no", number}, {"dback_status", status},
                       {"dback_amount", "4.00"},   {"bank_ack_time", "2026-11-12 09:00:00"}};
        const signing::Fields message = {
            {"charset", "UTF-8"},
            {"biz_content", biz.dump()},
            {"msg_method", "alipay.trade.refund.depositback.completed"},
            {"version", "1.1"},
            {"sign_type", "RSA2"},
            {"notify_id", "message-" + number + status},
            {"app_id", "2021000000000001"}};
        return world.public_post("/alipay/shop/gateway", GatewayWorld::signed_body(message)).body;
    }

    GatewayWorld world;
    LittleAlipay little{world};

private:
    std::string id_;
};

TEST_F(DepositBack, StandsBesideTheRefundAndMovesNothing) {
    ASSERT_EQ(refund("R1").json()["status"], "succeeded");
    const auto before = one("R1");
    EXPECT_EQ(send("R1", "S"), "success");
    const auto after = one("R1");
    EXPECT_EQ(after["deposit_back"], json::parse(R"({"has_deposit_back":"true","dback_status":"S",)"
                                                 R"("dback_amount":"4.00",)"
                                                 R"("bank_ack_time":"2026-11-12 09:00:00"})"));
    EXPECT_EQ(after["status"], "succeeded");
    EXPECT_EQ(after["version"], before["version"]);
    EXPECT_EQ(world.payment_status("T1"), "paid");
    // The bank may change its mind; Alipay repeats itself.
    EXPECT_EQ(send("R1", "F"), "success");
    EXPECT_EQ(send("R1", "S"), "success");
    EXPECT_EQ(one("R1")["deposit_back"]["dback_status"], "F");
    EXPECT_EQ(one("R1")["status"], "succeeded");
}

TEST_F(DepositBack, OfARefundInDoubtIsAReasonToAsk) {
    little.next("alipay.trade.refund", {Kind::lose_answer});
    ASSERT_EQ(refund("R1").json()["status"], "unknown");
    EXPECT_EQ(send("R1", "S"), "success");
    world.clock.pass(seconds(1));
    world.wait_for_count("SELECT count(*) FROM refund WHERE status = 'succeeded'", 1);
}

TEST_F(DepositBack, OfANumberThatIsNotOursProvesNothing) {
    EXPECT_EQ(send("CONSOLE1", "S"), "success");
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 0);
    EXPECT_EQ(world.text("SELECT out_request_no FROM refund_report"), "CONSOLE1");
}

}  // namespace
}  // namespace tollgate
