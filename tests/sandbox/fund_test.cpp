#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/auth_notice.h"
#include "tests/sandbox/method_world.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

class Funds : public MethodWorldTest {
protected:
    Funds() {
        books_.auths.watch([this](const AuthOrder& auth, const Operation& operation) {
            told_.push_back(auth_notice(auth, operation));
        });
    }
    static Json asked(const char* amount = "100.00") {
        return {{"auth_code", "286600000000000001"},
                {"auth_code_type", "bar_code"},
                {"out_order_no", "A_1"},
                {"out_request_no", "F_1"},
                {"order_title", "押金"},
                {"amount", amount},
                {"product_code", "PRE_AUTH"}};
    }
    // The auth_no of 100.00 that are frozen.
    std::string have_frozen() {
        const auto frozen = run("fund.auth.order.freeze", asked());
        EXPECT_TRUE(frozen) << frozen.error().message();
        return frozen ? *text_member(frozen->node, "auth_no") : "";
    }
    Json capture(const std::string& auth_no, const char* number, const char* amount) {
        return {{"out_trade_no", number},     {"total_amount", amount},
                {"subject", "租金"},          {"auth_no", auth_no},
                {"product_code", "PRE_AUTH"}, {"buyer_id", Buyer().user_id}};
    }
    Json detail(const char* number, const char* type) {
        const auto found =
            run("fund.auth.operation.detail.query",
                {{"out_order_no", "A_1"}, {"out_request_no", number}, {"operation_type", type}});
        EXPECT_TRUE(found) << found.error().message();
        return found ? found->node : Json();
    }
    std::string unfreeze(const std::string& auth_no, const char* number, const char* amount) {
        return code("fund.auth.order.unfreeze", {{"auth_no", auth_no},
                                                 {"out_request_no", number},
                                                 {"amount", amount},
                                                 {"remark", "退还"}});
    }

    std::vector<Notice> told_;
};

TEST_F(Funds, AreFrozenPaidAndGivenBack) {
    const std::string auth_no = have_frozen();
    EXPECT_EQ(detail("F_1", "FREEZE")["order_status"], "AUTHORIZED");
    ASSERT_TRUE(run("trade.pay", capture(auth_no, "T_1", "60.00")));
    EXPECT_EQ(status(), "TRADE_SUCCESS");
    EXPECT_EQ(detail("F_1", "FREEZE")["rest_amount"], "40.00");
    EXPECT_EQ(code("trade.pay", capture(auth_no, "T_2", "40.01")), "ACQ.AUTH_AMOUNT_NOT_ENOUGH");
    EXPECT_EQ(unfreeze(auth_no, "U_1", "40.01"), "REQUEST_AMOUNT_EXCEED");
    EXPECT_EQ(unfreeze(auth_no, "U_1", "10.00"), "");
    EXPECT_EQ(unfreeze(auth_no, "U_1", "10.00"), "");  // The same again is the same.
    EXPECT_EQ(unfreeze(auth_no, "U_1", "11.00"), "UNIQUE_VIOLATION");
    EXPECT_EQ(unfreeze(auth_no, "U_2", "30.00"), "");
    EXPECT_EQ(detail("U_2", "UNFREEZE")["order_status"], "FINISH");
    EXPECT_EQ(unfreeze(auth_no, "U_3", "0.01"), "ORDER_ALREADY_FINISH");
    EXPECT_EQ(code("trade.pay", capture(auth_no, "T_1", "60.00")), "ACQ.TRADE_HAS_SUCCESS");
    ASSERT_EQ(told_.size(), 3U);
    EXPECT_EQ(value_of(told_[0].fields, "notify_type"), "fund_auth_freeze");
    EXPECT_EQ(value_of(told_[1].fields, "notify_type"), "fund_auth_unfreeze");
    EXPECT_EQ(value_of(told_[2].fields, "rest_amount"), "0.00");
    EXPECT_EQ(told_[0].url, "http://127.0.0.1/n");
}

TEST_F(Funds, CompletingGivesTheRestBack) {
    const std::string auth_no = have_frozen();
    Json last = capture(auth_no, "T_1", "60.00");
    last["auth_confirm_mode"] = "COMPLETE";
    ASSERT_TRUE(run("trade.pay", last));
    EXPECT_EQ(detail("F_1", "FREEZE")["order_status"], "FINISH");
    EXPECT_EQ(value_of(told_.back().fields, "amount"), "40.00");
}

TEST_F(Funds, CaptureMustFitTheFreeze) {
    const std::string auth_no = have_frozen();
    Json other = capture(auth_no, "T_1", "1.00");
    other["product_code"] = "PRE_AUTH_ONLINE";
    EXPECT_EQ(code("trade.pay", other), "ACQ.PRE_AUTH_PROD_CODE_INCONSISTENT");
    other["product_code"] = "PREAUTH_PAY";  // Of no freeze that there is.
    EXPECT_EQ(code("trade.pay", other), "ACQ.INVALID_PARAMETER");
    Json stranger = capture(auth_no, "T_1", "1.00");
    stranger["buyer_id"] = "2088000000000099";
    EXPECT_EQ(code("trade.pay", stranger), "ACQ.TRADE_BUYER_NOT_MATCH");
    EXPECT_EQ(code("trade.pay", capture("1", "T_1", "1.00")), "ACQ.AUTH_NO_ERROR");
    EXPECT_EQ(status(), "ACQ.TRADE_NOT_EXIST");
}

TEST_F(Funds, CancelUndoesWhateverWasFrozen) {
    const std::string auth_no = have_frozen();
    const Json asked_cancel = {{"out_order_no", "A_1"}, {"out_request_no", "F_1"}};
    const auto first = run("fund.auth.operation.cancel", asked_cancel);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(first->node["action"], "unfreeze");
    EXPECT_EQ(run("fund.auth.operation.cancel", asked_cancel)->node["action"], "unfreeze");
    EXPECT_EQ(code("trade.pay", capture(auth_no, "T_1", "1.00")), "ACQ.AUTH_ORDER_HAS_CLOSED");
    EXPECT_EQ(told_.size(), 2U);
}

TEST_F(Funds, CancelClosesWhatWaits) {
    ASSERT_TRUE(run("fund.auth.order.freeze", asked("1000.01")));
    EXPECT_EQ(detail("F_1", "FREEZE")["status"], "INIT");
    const auto done =
        run("fund.auth.operation.cancel", {{"out_order_no", "A_1"}, {"out_request_no", "F_1"}});
    EXPECT_EQ(done->node["action"], "close");
    EXPECT_EQ(detail("F_1", "FREEZE")["order_status"], "CLOSED");
    EXPECT_EQ(code("fund.auth.order.freeze", asked("1000.01")), "ORDER_ALREADY_CLOSED");
}

TEST_F(Funds, AFreezeThatNobodyAgreesToIsClosedInAQuarterOfAnHour) {
    Json biz = asked();
    biz.erase("auth_code");
    biz.erase("auth_code_type");
    const auto made = run("fund.auth.order.voucher.create", biz);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_THAT(*text_member(made->node, "code_value"), HasSubstr("http://alipay/fund/"));
    EXPECT_EQ(detail("F_1", "FREEZE")["order_status"], "INIT");
    clock_.pass(minutes(15));
    EXPECT_EQ(detail("F_1", "FREEZE")["order_status"], "CLOSED");
}

TEST_F(Funds, TheSameFreezeAgain) {
    have_frozen();
    EXPECT_EQ(code("fund.auth.order.freeze", asked()), "FREEZE_ALREADY_SUCCESS");
    EXPECT_EQ(code("fund.auth.order.freeze", asked("99.00")), "UNIQUE_VIOLATION");
    EXPECT_EQ(code("fund.auth.operation.detail.query",
                   {{"out_order_no", "A_9"}, {"out_request_no", "F_1"}}),
              "AUTH_ORDER_NOT_EXIST");
    EXPECT_EQ(code("fund.auth.operation.detail.query",
                   {{"out_order_no", "A_1"}, {"out_request_no", "F_9"}}),
              "AUTH_OPERATION_NOT_EXIST");
    app_ = 1;
    EXPECT_EQ(code("fund.auth.operation.detail.query",
                   {{"out_order_no", "A_1"}, {"out_request_no", "F_1"}}),
              "AUTH_ORDER_NOT_EXIST");
}

TEST_F(Funds, NameEveryWrongField) {
    for (const char* name : {"out_order_no", "out_request_no", "order_title", "amount",
                             "product_code", "auth_code_type"}) {
        Json biz = asked();
        biz.erase(name);
        EXPECT_THAT(refusal("fund.auth.order.freeze", biz),
                    testing::AllOf(HasSubstr("ILLEGAL_ARGUMENT"), HasSubstr(name)));
    }
    Json app = asked();
    app.erase("auth_code");
    app.erase("auth_code_type");
    EXPECT_THAT(refusal("fund.auth.order.app.freeze", app), HasSubstr("PRE_AUTH_ONLINE"));
}

class Oauth : public MethodWorldTest {};

TEST_F(Oauth, ACodeIsGoodOnceForItsApp) {
    const std::string given = books_.oauth_codes.give(kAppId, clock_.now());
    const Json asked = {{"grant_type", "authorization_code"}, {"code", given}};
    app_ = 1;
    EXPECT_EQ(code("system.oauth.token", asked), "isv.unmatched-app-id");
    app_ = 0;
    const auto token = run("system.oauth.token", asked);
    ASSERT_TRUE(token) << token.error().message();
    EXPECT_EQ(token->reply, Reply::bare);
    EXPECT_EQ(token->node["user_id"], Buyer().user_id);
    EXPECT_EQ(code("system.oauth.token", asked), "isv.code-invalid");
    const Json again = {{"grant_type", "refresh_token"},
                        {"refresh_token", token->node["refresh_token"]}};
    EXPECT_EQ(code("system.oauth.token", again), "");
    EXPECT_EQ(code("system.oauth.token", again), "isv.refresh-token-invalid");
    EXPECT_EQ(code("system.oauth.token", {{"grant_type", "x"}}), "isv.grant-type-invalid");
}

}  // namespace
}  // namespace tollgate::sandbox
