// A gateway whose disk is full or fails: what was answered `success` is in the ledger, always.
#include <gtest/gtest.h>

#include "tests/gateway/gateway_world.h"
#include "tests/support/faulty_disk.h"

namespace tollgate {
namespace {

using testing::FaultyDisk;
using testing::GatewayWorld;

TEST(FailingDisk, FullMeansFailAndNotReadyUntilThereIsRoom) {
    FaultyDisk disk;
    GatewayWorld world({}, disk.name());
    world.create(GatewayWorld::order("T1"));
    const std::string body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    disk.fail(FaultyDisk::Fault::full);
    const auto refused = world.notify(body);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, "fail");
    const auto create = world.create(GatewayWorld::order("T2"));
    EXPECT_EQ(create.status, 503);
    EXPECT_NE(create.header("retry-after"), "");
    const auto ready = world.operator_get("/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_EQ(ready.json()["ledger"], "cannot_write");
    EXPECT_EQ(world.payment_status("T1"), "pending");  // Reading goes on.

    disk.heal();
    EXPECT_EQ(world.notify(body).body, "success");
    EXPECT_EQ(world.operator_get("/readyz").status, 200);
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

TEST(FailingDisk, ADoubtfulCommitAnswersNobodyAndStopsTheProcess) {
    FaultyDisk disk;
    GatewayWorld world({}, disk.name());
    world.create(GatewayWorld::order("T1"));
    world.create(GatewayWorld::order("T2"));
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    disk.fail(FaultyDisk::Fault::sync_error);
    const auto doubtful =
        world.notify_without_patience(GatewayWorld::signed_body(GatewayWorld::paid("T2")));
    // No answer at all, or `fail` when another COMMIT had met the broken disk first.
    EXPECT_NE(doubtful.body, "success");
    EXPECT_NE(world.wait_for_fatal(), "");
    world.wait_for_log("ledger.commit_in_doubt");  // The checkpointer may have met the disk first.
    EXPECT_EQ(world.operator_get("/readyz").json()["ledger"], "commit_in_doubt");

    disk.heal();
    world.restart();
    EXPECT_EQ(world.payment_status("T1"), "paid");  // What was answered is there.
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T2"))).body, "success");
    EXPECT_EQ(world.payment_status("T2"), "paid");
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.paid'"), 2);
}

// The system may have forgotten what was moved into the file, and the next sync would not tell.
TEST(FailingDisk, AFailedSyncOfTheFileStopsTheProcessAndTheNextStartMovesTheLogAgain) {
    FaultyDisk disk;
    GatewayWorld world({}, disk.name());
    disk.fail(FaultyDisk::Fault::file_sync_error, 1, 1);
    EXPECT_EQ(world.create(GatewayWorld::order("T1")).status, 201);
    EXPECT_NE(world.wait_for_fatal(), "");
    world.restart();
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
}

}  // namespace
}  // namespace tollgate
