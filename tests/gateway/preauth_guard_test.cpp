// A try over a ledger that came from a backup.
#include <gtest/gtest.h>

#include "tests/gateway/preauth_world.h"

namespace tollgate::testing {
namespace {

TEST(PreauthGuard, AsksAboutANumberBeforeItIsTried) {
    PreauthWorld world;
    EXPECT_EQ(world.attempt("barcode").status, 200);
    world.wait_for("frozen");
    // The ledger forgets it, and says that it is a backup's.
    world.restart([&] {
        world.execute(
            "DELETE FROM preauthorisation_transition; DELETE FROM event;"
            " DELETE FROM delivery; DELETE FROM preauthorisation;"
            " INSERT INTO guard (id, since_ms) VALUES (1, 1)");
    });
    const auto known = world.attempt("barcode");
    EXPECT_EQ(known.status, 409) << known.body;
    EXPECT_EQ(known.json()["code"], "number_known_to_alipay");
    EXPECT_EQ(world.count("SELECT count(*) FROM preauthorisation"), 0);

    auto other = PreauthWorld::wanted("barcode");
    other["out_auth_no"] = "A2";
    EXPECT_EQ(world.api("POST", "/v1/preauthorisations", other.dump()).status, 200);
}

}  // namespace
}  // namespace tollgate::testing
