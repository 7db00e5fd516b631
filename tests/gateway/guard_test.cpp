// A gateway over a ledger that came from a backup, after which money has moved.
#include <gtest/gtest.h>

#include "ledger/sqlite_backup.h"
#include "tests/gateway/little_alipay.h"

namespace tollgate::testing {
namespace {

class Guarded : public ::testing::Test {
protected:
    void back_up() {
        const auto made = ledger::back_up_sqlite(world.ledger_file(), backup, world.clock, quiet);
        ASSERT_TRUE(made) << made.error().message();
    }
    void lose_all_since() {
        world.restart([&] {
            const auto restored = ledger::restore_sqlite(
                {.backup = backup, .ledger_file = world.ledger_file(), .replaces = true},
                world.clock, quiet);
            ASSERT_TRUE(restored) << restored.error().message();
        });
    }
    std::int64_t payments(const std::string& number) {
        return world.count("SELECT count(*) FROM payment WHERE out_trade_no = '" + number + "'");
    }

    const ledger::BackupProgress quiet = [](std::int64_t, std::int64_t) {};
    GatewayWorld world;
    LittleAlipay alipay{world};
    const std::string backup = world.folder.file("backup.db");
};

TEST_F(Guarded, FindsMoneyThatCameSinceAtOnceWithoutItsNotification) {
    world.create(GatewayWorld::order("BEFORE"));
    back_up();
    alipay.pay("BEFORE");  // And its notification went into the ledger that is lost.
    lose_all_since();
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'paid'", 1);
    EXPECT_EQ(world.events.wait_for(1).at(0)["type"], "payment.paid");
}

TEST_F(Guarded, RefusesANumberThatAlipayKnowsAndMakesOneThatItDoesNot) {
    back_up();
    EXPECT_EQ(world.create(GatewayWorld::order("LOST")).status, 201);
    alipay.pay("LOST");
    lose_all_since();

    const auto known = world.create(GatewayWorld::order("LOST"));
    EXPECT_EQ(known.status, 409) << known.body;
    EXPECT_EQ(known.json()["code"], "number_known_to_alipay");
    EXPECT_EQ(payments("LOST"), 0);

    EXPECT_EQ(world.create(GatewayWorld::order("NEW")).status, 201);
    EXPECT_EQ(alipay.calls("alipay.trade.query"), 2);
    // What the ledger knows needs no question.
    EXPECT_EQ(world.create(GatewayWorld::order("NEW")).status, 200);
    EXPECT_EQ(alipay.calls("alipay.trade.query"), 2);
}

TEST_F(Guarded, MakesNothingWhileAlipayCannotSay) {
    back_up();
    lose_all_since();
    for (const auto kind :
         {LittleAlipay::Fault::Kind::system_error, LittleAlipay::Fault::Kind::unsigned_refusal,
          LittleAlipay::Fault::Kind::lose_answer}) {
        alipay.always("alipay.trade.query", {.kind = kind, .code = "ACQ.TRADE_NOT_EXIST"});
        const auto answer = world.create(GatewayWorld::order("NEW"));
        EXPECT_EQ(answer.status, 503) << answer.body;
        EXPECT_EQ(answer.json()["code"], "ledger_guarded");
        EXPECT_EQ(payments("NEW"), 0);
    }
    alipay.heal();
    EXPECT_EQ(world.create(GatewayWorld::order("NEW")).status, 201);
}

TEST_F(Guarded, SaysSoUntilAnOperatorEndsIt) {
    back_up();
    EXPECT_FALSE(world.operator_get("/readyz").json().contains("guarded_since"));
    lose_all_since();
    const auto ready = world.operator_get("/readyz");
    EXPECT_EQ(ready.status, 200);
    EXPECT_TRUE(ready.json().contains("guarded_since")) << ready.body;
    world.wait_for_log("ledger.guarded");

    // What `tollgate store unguard` does beside it.
    world.execute("DELETE FROM guard");
    world.wait_for_log("ledger.unguarded");
    EXPECT_FALSE(world.operator_get("/readyz").json().contains("guarded_since"));
    EXPECT_EQ(world.create(GatewayWorld::order("FREE")).status, 201);
    EXPECT_EQ(alipay.calls("alipay.trade.query"), 0);
}

}  // namespace
}  // namespace tollgate::testing
