// A payment that takes another one's place: what would refuse it is asked before the old one ends.
#include <gtest/gtest.h>

#include "ledger/sqlite_backup.h"
#include "tests/gateway/ending_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::Answer;
using testing::EndingWorld;
using testing::GatewayWorld;

// A buyer is at Alipay's page with T1, of order O-T1.
struct ReplacesWorld : EndingWorld {
    explicit ReplacesWorld(std::function<void(config::Settings&)> change = {})
        : EndingWorld(std::move(change)), old(make("T1")) {
        little.open("T1");
    }
    json instead(const std::string& number) const {
        auto wanted = order(number);
        wanted["order"] = "O-T1";
        wanted["replaces"] = old;
        return wanted;
    }
    void expect_refused(const Answer& answer, int status, const std::string& code) {
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_EQ(answer.json()["code"], code);
        expect_old_one_payable();
    }
    void expect_old_one_payable() {
        EXPECT_EQ(payment_status("T1"), "pending");
        EXPECT_EQ(little.trade("T1").status, "WAIT_BUYER_PAY");
        EXPECT_EQ(little.calls("alipay.trade.close"), 0);
    }

    const std::string old;
};

// A double click, or a form that was sent again: the number is new, the token is not.
TEST(Replaces, ClosesNothingWhenTheTokenIsUsed) {
    ReplacesWorld world;
    const std::string token = world.api("POST", "/v1/tokens").json()["token"];
    const transport::HeaderList with{{"Submit-Token", token}};
    const auto first = world.create(GatewayWorld::order("T2"), with);
    ASSERT_EQ(first.status, 201) << first.body;
    const auto second = world.create(world.instead("T3"), with);
    world.expect_refused(second, 409, "token_used");
    EXPECT_EQ(second.json()["payment_id"], first.json()["id"]);
    world.expect_refused(world.create(world.instead("T3"), {{"Submit-Token", "tgt_x"}}), 422,
                         "token_invalid");
}

TEST(Replaces, ClosesNothingWhenTheKeyIsAnothers) {
    ReplacesWorld world;
    const transport::HeaderList with{{"Idempotency-Key", "k1"}};
    ASSERT_EQ(world.create(GatewayWorld::order("T2"), with).status, 201);
    world.expect_refused(world.create(world.instead("T3"), with), 422, "idempotency_key_reused");
}

TEST(Replaces, ClosesNothingForASellerThatIsNotTheApps) {
    ReplacesWorld world;
    auto wanted = world.instead("T2");
    wanted["product"] = "qr";
    wanted["seller_id"] = "2088999999999999";
    world.expect_refused(world.create(wanted), 400, "invalid_request");
}

TEST(Replaces, ClosesNothingWhenTheNumberIsTaken) {
    ReplacesWorld world([](config::Settings& settings) {
        GatewayWorld::add_books(settings);
        settings.apps.back().seller_ids = settings.apps.front().seller_ids;
    });
    auto theirs = GatewayWorld::order("T2");
    theirs["app"] = "books";
    const auto made = world.api("POST", "/v1/payments", theirs.dump(), {}, GatewayWorld::kBooksKey);
    ASSERT_EQ(made.status, 201) << made.body;
    world.expect_refused(world.create(world.instead("T2")), 409, "out_trade_no_taken");
}

TEST(Replaces, ClosesNothingWhenAlipayKnowsTheNumberOfAGuardedLedger) {
    ReplacesWorld world;
    const ledger::BackupProgress quiet = [](std::int64_t, std::int64_t) {};
    const std::string backup = world.folder.file("backup.db");
    ASSERT_TRUE(ledger::back_up_sqlite(world.ledger_file(), backup, world.clock, quiet));
    world.little.pay("T2");  // And the ledger that knew of it is lost.
    world.restart([&] {
        ASSERT_TRUE(ledger::restore_sqlite(
            {.backup = backup, .ledger_file = world.ledger_file(), .replaces = true}, world.clock,
            quiet));
    });
    world.expect_refused(world.create(world.instead("T2")), 409, "number_known_to_alipay");
    EXPECT_EQ(world.create(world.instead("T3")).status, 201);
    EXPECT_EQ(world.payment_status("T1"), "closed");
}

TEST(Replaces, NeedsTheRightToClose) {
    ReplacesWorld world;
    const auto ask = [&](const json& wanted) {
        return world.api("POST", "/v1/payments", wanted.dump(), {}, GatewayWorld::kLookKey);
    };
    world.expect_refused(ask(world.instead("T2")), 403, "right_missing");
    EXPECT_EQ(ask(GatewayWorld::order("T2")).status, 201);
    // What has been made is answered, whoever asks again: nothing is closed for that.
    EXPECT_EQ(world.create(world.instead("T3")).status, 201);
    EXPECT_EQ(ask(world.instead("T3")).status, 200);
}

// Else a mistyped id would close whichever payment has no order, either.
TEST(Replaces, NeedsAnOrder) {
    ReplacesWorld world;
    auto wanted = GatewayWorld::order("T2");
    wanted.erase("order");
    const std::string without = world.create(wanted).json()["id"];
    wanted = GatewayWorld::order("T3");
    wanted.erase("order");
    wanted["replaces"] = without;
    world.expect_refused(world.create(wanted), 422, "replaces_not_possible");
    EXPECT_EQ(world.payment_status("T2"), "pending");
}

TEST(Replaces, AnswersTheSameRequestAgainByteForByte) {
    ReplacesWorld world;
    const std::string token = world.api("POST", "/v1/tokens").json()["token"];
    const transport::HeaderList with{{"Idempotency-Key", "k1"}, {"Submit-Token", token}};
    const auto first = world.create(world.instead("T2"), with);
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(world.payment_status("T1"), "closed");
    const auto second = world.create(world.instead("T2"), with);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.header("idempotent-replayed"), "true");
    EXPECT_EQ(world.little.calls("alipay.trade.close"), 1);
}

}  // namespace
}  // namespace tollgate
