// A try over a ledger that came from a backup.
#include <gtest/gtest.h>

#include "tests/gateway/preauth_world.h"

namespace tollgate::testing {
namespace {

TEST(PreauthGuard, AsksAboutANumberBeforeItIsTried) {
    PreauthWorld world;
    // Of this moment: an older backup would have the gateway ask for bills, too.
    const std::string since = std::to_string(world.clock.now().ms);
    world.restart(
        [&] { world.execute("INSERT INTO guard (id, since_ms) VALUES (1, " + since + ")"); });
    // Alipay has none of it: asked first, then tried.
    EXPECT_EQ(world.attempt("barcode").status, 200);
    world.wait_for("frozen");
    EXPECT_GE(world.fund.calls("alipay.fund.auth.operation.detail.query"), 1);
    EXPECT_EQ(world.attempt("barcode").status, 200);  // The ledger knows it.

    // The ledger forgets it; Alipay does not.
    world.restart([&] {
        world.execute(
            "DELETE FROM preauthorisation_transition; DELETE FROM delivery; DELETE FROM event;"
            " DELETE FROM preauthorisation");
    });
    const auto known = world.attempt("barcode");
    EXPECT_EQ(known.status, 409) << known.body;
    EXPECT_EQ(known.json()["code"], "number_known_to_alipay");
    EXPECT_EQ(world.count("SELECT count(*) FROM preauthorisation"), 0);
}

}  // namespace
}  // namespace tollgate::testing
