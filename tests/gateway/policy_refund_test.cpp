// The refund that the late policy, or whoever settles a difference, has made of itself, after
// Alipay has refused it once.
#include <gtest/gtest.h>

#include "tests/gateway/ending_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::EndingWorld;
using testing::GatewayWorld;
using testing::replace;
using Kind = testing::LittleAlipay::Fault::Kind;

// T1 was closed, its money came all the same, and the policy's refund of it was refused.
struct RefusedWorld : EndingWorld {
    RefusedWorld()
        : EndingWorld([](config::Settings& settings) {
              settings.apps[0].late_policy = config::LatePolicy::refund;
          }),
          id(make("T1")) {
        little.open("T1");
        EXPECT_EQ(close(id).status, 200);
        little.always("alipay.trade.refund", {Kind::refuse, "ACQ.SELLER_BALANCE_NOT_ENOUGH"});
        little.pay("T1");
        EXPECT_EQ(notify(signed_body(paid("T1"))).body, "success");
        clock.pass(seconds(1));
        wait_for_count("SELECT count(*) FROM refund WHERE status = 'failed'", 1);
        little.heal();
        clock.pass(seconds(4));  // Alipay wants a pause between two refunds of a trade.
    }
    // Something else about the same money, for a person to look at.
    std::string another_difference() {
        auto fields = paid("T1");
        replace(fields, "notify_id", "another");
        replace(fields, "seller_id", "2088000000000008");
        EXPECT_EQ(notify(signed_body(fields)).body, "fail");
        const auto list = api("GET", "/v1/differences").json()["differences"];
        EXPECT_EQ(list.size(), 1U) << list.dump();
        return list.empty() ? "" : list[0]["id"].get<std::string>();
    }
    void settle_with_refund() {
        const auto settled =
            api("POST", "/v1/differences/" + another_difference() + "/settle",
                json{{"action", "refund"}, {"note", "there is money again"}}.dump(),
                {{"Idempotency-Key", "k1"}});
        EXPECT_EQ(settled.status, 200) << settled.body;
        clock.pass(seconds(4));
        wait_for_status("T1", "refunded");
        EXPECT_EQ(little.refunded("T1"), 1'000);
    }

    const std::string id;
};

TEST(Settle, RefundsAgainWhatAlipayHadRefused) {
    RefusedWorld world;
    world.settle_with_refund();
    // The same refund, so that a lost answer could never send it back twice.
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 1);
    EXPECT_EQ(world.text("SELECT out_request_no || ' ' || status FROM refund"),
              "refund_" + world.id + " succeeded");
}

TEST(Settle, RefundsWhatIsLeftUnderAnotherNumberWhenThatIsAnotherAmount) {
    RefusedWorld world;
    const auto part = world.api("POST", "/v1/payments/" + world.id + "/refunds",
                                json{{"out_request_no", "R1"}, {"amount", 400}}.dump());
    ASSERT_EQ(part.status, 201) << part.body;
    world.settle_with_refund();
    EXPECT_EQ(world.text("SELECT amount_fen FROM refund WHERE status = 'succeeded'"
                         " AND out_request_no = 'refund_" +
                         world.id + "_2'"),
              "600");
}

}  // namespace
}  // namespace tollgate
