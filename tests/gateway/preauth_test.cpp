// Try, confirm, cancel, through a whole gateway and an Alipay that keeps the truth and loses
// messages.
#include <gtest/gtest.h>

#include "tests/gateway/preauth_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::GatewayWorld;
using testing::PreauthWorld;
using Loss = testing::LittleFund::Loss;

TEST(Preauth, IsFrozenThenPaidOnceAndTheSameAnswerComesAgain) {
    PreauthWorld world;
    const auto tried = world.attempt();
    ASSERT_EQ(tried.status, 200) << tried.body;
    EXPECT_EQ(tried.json()["status"], "frozen");
    EXPECT_EQ(world.attempt().json()["id"], tried.json()["id"]);
    EXPECT_EQ(world.fund.calls("alipay.fund.auth.order.freeze"), 1);
    const auto first = world.end("confirm", {{"amount", 700}});
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(first.json()["status"], "confirmed");
    EXPECT_EQ(world.end("confirm", {{"amount", 700}}).body, first.body);
    EXPECT_EQ(world.end("confirm", {{"amount", 701}}).json()["code"], "amount_differs");
    EXPECT_EQ(world.end("cancel").json()["code"], "preauthorisation_confirmed");
    EXPECT_EQ(world.fund.taken(), 700);
    EXPECT_EQ(world.one()["payment"]["status"], "paid");
    EXPECT_EQ(world.count("SELECT sum(amount_fen) FROM payment"), 700);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'preauthorisation.confirmed'"),
              1);
}

TEST(Preauth, IsLetGoAndTheSameAnswerComesAgain) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    const auto first = world.end("cancel");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(first.json()["status"], "cancelled");
    EXPECT_EQ(world.end("cancel").body, first.body);
    EXPECT_EQ(world.end("confirm").json()["code"], "preauthorisation_cancelled");
    EXPECT_EQ(world.fund.order(), "FINISH");
    EXPECT_EQ(world.fund.calls("alipay.fund.auth.order.unfreeze"), 1);
    EXPECT_EQ(world.fund.taken(), 0);
}

TEST(Preauth, RefusesATryThatComesAfterItsCancel) {
    PreauthWorld world;
    const auto empty = world.end("cancel");
    EXPECT_EQ(empty.status, 200) << empty.body;
    EXPECT_EQ(world.end("cancel").body, empty.body);
    EXPECT_EQ(world.events_of("cancelled"), 1);
    const auto tried = world.attempt();
    EXPECT_EQ(tried.status, 409);
    EXPECT_EQ(tried.json()["code"], "cancelled_before_try");
    EXPECT_EQ(world.fund.all_calls(), 0);
}

TEST(Preauth, AsksBeforeItRefusesToConfirmWhatIsNotFrozen) {
    PreauthWorld world;
    const auto tried = world.attempt("qr");
    ASSERT_EQ(tried.status, 200) << tried.body;
    EXPECT_EQ(tried.json()["action"]["type"], "qr");
    const auto early = world.end("confirm");
    EXPECT_EQ(early.status, 425) << "no 2xx: a coordinator would take it for done";
    EXPECT_EQ(early.json()["code"], "not_frozen");
    EXPECT_EQ(early.header("retry-after"), "2");
    EXPECT_EQ(world.fund.calls("alipay.fund.auth.operation.detail.query"), 1);
    world.fund.agree();
    EXPECT_EQ(world.end("confirm").status, 200);
    EXPECT_EQ(world.fund.taken(), 1'000);
}

TEST(Preauth, FindsOutAboutEachLostAnswer) {
    for (const Loss loss : {Loss::request, Loss::answer}) {
        PreauthWorld world;
        world.fund.lose("alipay.trade.pay", loss);
        ASSERT_EQ(world.attempt().status, 200);
        EXPECT_EQ(world.end("confirm").status, 200);
        EXPECT_EQ(world.fund.taken(), 1'000);
    }
    for (const Loss loss : {Loss::request, Loss::answer}) {
        PreauthWorld world;
        world.fund.lose("alipay.fund.auth.order.unfreeze", loss);
        ASSERT_EQ(world.attempt().status, 200);
        EXPECT_EQ(world.end("cancel").status, 200);
        EXPECT_EQ(world.fund.order(), "FINISH");
    }
    PreauthWorld world;
    world.fund.lose("alipay.fund.auth.order.freeze", Loss::answer);
    EXPECT_EQ(world.attempt().status, 202);
    world.clock.pass(seconds(6));
    world.wait_for("frozen");
}

TEST(Preauth, IsStillFrozenWhenAlipayRefusesToPay) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    world.fund.refuse("alipay.trade.pay", "ACQ.BUYER_ENABLE_STATUS_FORBID");
    const auto refused = world.end("confirm");
    EXPECT_EQ(refused.json()["code"], "confirm_refused") << refused.body;
    EXPECT_EQ(world.one()["status"], "frozen");
    world.fund.heal();
    EXPECT_EQ(world.end("confirm").status, 200);
    EXPECT_EQ(world.fund.taken(), 1'000);
}

TEST(Preauth, GoesOnAfterARestart) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    world.fund.refuse("alipay.fund.auth.operation.cancel", "CANCEL_OPERATION_TIME_OUT");
    const auto unfinished = world.end("cancel");
    EXPECT_EQ(unfinished.status, 425) << unfinished.body;
    EXPECT_EQ(unfinished.json()["code"], "cancel_unfinished");
    EXPECT_EQ(world.end("confirm").json()["code"], "preauthorisation_cancelled");
    world.restart();
    world.fund.heal();
    world.clock.pass(minutes(6));
    world.wait_for("cancelled");
    EXPECT_EQ(world.fund.order(), "CLOSED");
}

TEST(Preauth, OfABuyerWhoNeverComesIsCancelled) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    world.clock.pass(minutes(26));
    world.wait_for("cancelled");
    EXPECT_EQ(world.fund.order(), "CLOSED");
}

TEST(Preauth, KeepsItsNumberFromOtherPayments) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    EXPECT_EQ(world.create(GatewayWorld::order("A1")).status, 409);
    ASSERT_EQ(world.create(GatewayWorld::order("A2")).status, 201);
    auto taken = PreauthWorld::wanted("barcode");
    taken["out_auth_no"] = "A2";
    const auto answer = world.api("POST", "/v1/preauthorisations", taken.dump());
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json()["code"], "out_auth_no_taken");
}

// The numbers are the seller's, whichever of his apps uses them.
TEST(Preauth, OfAnotherAppOfTheSellerIsAClearConflict) {
    PreauthWorld world(&PreauthWorld::add_books);
    const std::string books = "/v1/preauthorisations/books/A1/cancel";
    EXPECT_EQ(world.api("POST", books, "", {}, GatewayWorld::kAllKey).status, 200);
    const auto empty = world.end("cancel");
    EXPECT_EQ(empty.status, 409) << empty.body;
    EXPECT_EQ(empty.json()["code"], "out_auth_no_taken");
    const auto tried = world.attempt();
    EXPECT_EQ(tried.status, 409) << tried.body;
    EXPECT_EQ(tried.json()["code"], "out_auth_no_taken");
    EXPECT_EQ(world.count("SELECT count(*) FROM preauthorisation"), 1);
    EXPECT_EQ(world.fund.all_calls(), 0);
}

TEST(Preauth, ThatIsNotTheCallersLooksLikeNone) {
    PreauthWorld world(&PreauthWorld::add_books);
    ASSERT_EQ(world.attempt().status, 200);
    const std::string one = "/v1/preauthorisations/shop/A1";
    for (const char* what : {"/confirm", "/cancel"}) {
        const auto answer = world.api("POST", one + what, "", {}, GatewayWorld::kBooksKey);
        EXPECT_EQ(answer.status, 404) << answer.body;
        EXPECT_EQ(answer.json()["code"], "preauthorisation_not_found");
    }
    EXPECT_EQ(world.api("GET", one, "", {}, GatewayWorld::kBooksKey).status, 404);
    EXPECT_EQ(world.one()["status"], "frozen");
}

TEST(Preauth, NeedsTheRightToTakeMoneyAndTheRightToLetItGo) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    const std::string one = "/v1/preauthorisations/shop/A1";
    const auto cancel = world.api("POST", one + "/cancel", "", {}, GatewayWorld::kLookKey);
    EXPECT_EQ(cancel.status, 403) << cancel.body;
    EXPECT_EQ(world.one()["status"], "frozen");
    const auto confirm = world.api("POST", one + "/confirm", "", {}, GatewayWorld::kLookKey);
    EXPECT_EQ(confirm.status, 200) << confirm.body;
    EXPECT_EQ(world.api("GET", one, "", {}, GatewayWorld::kReadKey).status, 404);
}

TEST(Preauth, ThatCouldNotBeSentOrWasRefusedHasFailed) {
    PreauthWorld refused;
    refused.fund.refuse("alipay.fund.auth.order.freeze", "MONEY_NOT_ENOUGH");
    const auto answer = refused.attempt();
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_EQ(answer.json()["code"], "freeze_refused");
    EXPECT_EQ(refused.end("cancel").status, 200) << "nothing was frozen";
    EXPECT_EQ(refused.end("confirm").json()["code"], "preauthorisation_failed");
    EXPECT_EQ(refused.events_of("failed"), 1);
    PreauthWorld away([](config::Settings& settings) {
        settings.apps.at(0).gateway_url = "http://127.0.0.1:9/gateway.do";
    });
    const auto unsent = away.attempt();
    EXPECT_EQ(unsent.json()["code"], "freeze_refused") << unsent.body;
    EXPECT_EQ(away.end("cancel").status, 200);
}

TEST(Preauth, RefusesToTakeMoreThanIsFrozenOrAnotherTry) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    const auto more = world.end("confirm", {{"amount", 1'001}});
    EXPECT_EQ(more.status, 422);
    EXPECT_EQ(more.json()["code"], "confirm_exceeds");
    const auto other = world.attempt("barcode", 999);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.json()["code"], "out_auth_no_reused");
    EXPECT_EQ(world.one()["status"], "frozen");
    EXPECT_EQ(world.fund.taken(), 0);
}

TEST(Preauth, TakesTheBodyAndTheParametersOfACoordinator) {
    PreauthWorld world;
    const std::string asks = "?gid=g1&trans_type=tcc&branch_id=01&op=";
    const auto body = PreauthWorld::wanted("barcode").dump();
    const std::string one = "/v1/preauthorisations/shop/A1";
    EXPECT_EQ(world.api("POST", "/v1/preauthorisations" + asks + "try", body).status, 200);
    EXPECT_EQ(world.api("POST", one + "/confirm" + asks + "confirm", body).status, 200);
    EXPECT_EQ(world.api("POST", one + "/cancel" + asks + "cancel", body).status, 409);
}

TEST(Preauth, IsGivenBackByItsOwnHistory) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    ASSERT_EQ(world.end("cancel").status, 200);
    const auto history = world.api("GET", "/v1/preauthorisations/shop/A1/history").json();
    std::string steps;
    for (const json& step : history["transitions"]) {
        steps += step["to"].get<std::string>() + " by " + step["cause"].get<std::string>() + ", ";
    }
    EXPECT_EQ(steps, "trying by api, frozen by query, cancelling by api, cancelled by query, ");
    EXPECT_EQ(world.events_of("frozen"), 1);
    EXPECT_EQ(world.events_of("cancelled"), 1);
}

TEST(Preauth, ThatEndedElsewhereIsFoundOut) {
    for (const bool was_taken : {false, true}) {
        PreauthWorld world;
        ASSERT_EQ(world.attempt().status, 200);
        if (was_taken) world.fund.take(300);
        if (!was_taken) world.fund.release();
        world.clock.pass(std::chrono::hours(2));
        world.wait_for("cancelled");
        EXPECT_EQ(world.differences_of("paid_elsewhere"), was_taken ? 1 : 0);
    }
}

TEST(Preauth, ThatWasRefusedAndThenTakenElsewhereEnds) {
    for (const bool asked_to_cancel : {true, false}) {
        PreauthWorld world;
        ASSERT_EQ(world.attempt().status, 200);
        world.fund.refuse("alipay.trade.pay", "ACQ.BUYER_ENABLE_STATUS_FORBID");
        EXPECT_EQ(world.end("confirm").json()["code"], "confirm_refused");
        world.fund.heal();
        world.fund.take(1'000);
        if (!asked_to_cancel) {
            world.clock.pass(hours(2));
            world.wait_for("cancelled");
        }
        const auto cancelled = world.end("cancel");
        EXPECT_EQ(cancelled.status, 200) << cancelled.body;
        EXPECT_EQ(world.one()["status"], "cancelled");
        EXPECT_EQ(world.differences_of("paid_elsewhere"), 1);
        EXPECT_EQ(world.events_of("frozen"), 2) << "once by the try, once by the refused confirm";
        EXPECT_EQ(world.fund.calls("alipay.trade.pay"), 1);
        EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 0);
    }
}

// A copy of the call was late on its way: the refusal was of another one.
TEST(Preauth, ThatWasPaidAfterItsRefusalIsConfirmed) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    world.fund.refuse("alipay.trade.pay", "ACQ.BUYER_ENABLE_STATUS_FORBID");
    EXPECT_EQ(world.end("confirm").json()["code"], "confirm_refused");
    world.fund.heal();
    world.fund.reply_to("alipay.trade.pay",
                        {{"auth_confirm_mode", "COMPLETE"}, {"total_amount", "10.00"}});
    world.clock.pass(hours(2));
    world.wait_for("confirmed");
    EXPECT_EQ(world.one()["payment"]["status"], "paid");
    EXPECT_EQ(world.fund.captures(), 1);
}

TEST(Preauth, OfAnotherAmountIsLetGoWhole) {
    for (const std::int64_t fen : {400, 1'600}) {
        PreauthWorld world;
        world.fund.freeze_only(fen);
        const auto tried = world.attempt();
        EXPECT_EQ(tried.json()["code"], "preauthorisation_cancelled") << tried.body;
        EXPECT_EQ(world.fund.order(), "FINISH");
        EXPECT_EQ(world.fund.calls("alipay.fund.auth.order.unfreeze"), 0);
        EXPECT_EQ(world.differences_of("amount_mismatch"), 1);
        EXPECT_EQ(
            world.count("SELECT json_extract(evidence, '$.amount_at_alipay') FROM difference"),
            fen);
    }
}

TEST(Preauth, OfAnotherAmountThatACancelFindsIsLetGoWhole) {
    PreauthWorld world;
    world.fund.freeze_only(400);
    ASSERT_EQ(world.attempt("qr").status, 200);
    world.fund.agree();
    world.fund.lose("alipay.fund.auth.operation.cancel", Loss::request);
    const auto cancelled = world.end("cancel");
    EXPECT_EQ(cancelled.status, 200) << cancelled.body;
    EXPECT_EQ(world.fund.order(), "FINISH");
    EXPECT_EQ(world.fund.calls("alipay.fund.auth.operation.cancel"), 2);
    EXPECT_EQ(world.differences_of("amount_mismatch"), 1);
}

TEST(Preauth, ThatIsNotLetGoForAnHourIsToldOfOnce) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    world.fund.refuse("alipay.fund.auth.order.unfreeze", "ILLEGAL_STATUS");
    EXPECT_EQ(world.end("cancel").status, 425);
    // The buyer's time is 15 minutes, a freeze may be on its way for 10 more, and then the hour.
    world.pass_and_rest(minutes(80));
    EXPECT_EQ(world.differences_of("overdue"), 0);
    world.pass_and_rest(minutes(10));
    EXPECT_EQ(world.differences_of("overdue"), 1);
    EXPECT_EQ(world.text("SELECT json_extract(evidence, '$.status') FROM difference"),
              "cancelling");
    world.pass_and_rest(minutes(10));
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'difference.opened'"), 1);
    world.fund.heal();
    world.clock.pass(minutes(6));
    world.wait_for("cancelled");
}

TEST(Preauth, ThatWasFrozenForDaysIsOverdueAnHourAfterItsConfirm) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt().status, 200);
    world.pass_and_rest(hours(72));
    world.fund.refuse("alipay.trade.query", "ACQ.SYSTEM_ERROR");
    EXPECT_EQ(world.end("confirm").json()["code"], "confirm_unfinished");
    world.pass_and_rest(minutes(50));
    EXPECT_EQ(world.differences_of("overdue"), 0);
    world.pass_and_rest(minutes(15));
    EXPECT_EQ(world.differences_of("overdue"), 1);
    world.fund.heal();
    world.clock.pass(minutes(6));
    world.wait_for("confirmed");
    EXPECT_EQ(world.fund.captures(), 1);
}

TEST(Preauth, NamesEveryWrongField) {
    PreauthWorld world;
    const auto answer =
        world.api("POST", "/v1/preauthorisations", R"({"app":"shop","out_auth_no":"a b"})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_GE(answer.json()["errors"].size(), 4U) << answer.body;
    EXPECT_EQ(world.count("SELECT count(*) FROM preauthorisation"), 0);
}

}  // namespace
}  // namespace tollgate
