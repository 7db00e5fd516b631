#pragma once

#include <string>

#include <gtest/gtest.h>

#include "sandbox/methods.h"
#include "tests/sandbox/request_maker.h"

namespace tollgate::sandbox {

// Calls methods past the wire, on a hand clock, with books that remember.
class MethodWorldTest : public testing::Test {
protected:
    MethodWorldTest() {
        books_.trades.watch([this](const Trade& trade, TradeEvent event, const Refund* refund) {
            seen_.push_back(event);
            if (refund != nullptr) notices_.push_back(trade_notice(trade, refund));
        });
    }

    // `name` without "alipay.".
    Result<Handled> run(const std::string& name, const Json& biz) {
        const Method* method = find_method("alipay." + name);
        TOLLGATE_CHECK(method != nullptr);
        const SignedRequest request{.app = &apps_.at(app_),
                                    .method = method,
                                    .charset = "utf-8",
                                    .timestamp = clock_.now() + -signed_before_,
                                    .fields = {{"notify_url", "http://127.0.0.1/n"},
                                               {"return_url", "http://127.0.0.1/back"}},
                                    .biz = biz};
        return method->run(request,
                           {.books = books_, .now = clock_.now(), .base_url = "http://alipay"});
    }
    // The sub_code; "" when it was done.
    std::string code(const std::string& name, const Json& biz) {
        const auto handled = run(name, biz);
        return handled ? "" : handled.error().reason();
    }
    std::string refusal(const std::string& name, const Json& biz) {
        const auto handled = run(name, biz);
        return handled ? "" : handled.error().reason() + " " + handled.error().message();
    }
    std::string status(const std::string& out_trade_no = "T_1") {
        const auto answer = run("trade.query", {{"out_trade_no", out_trade_no}});
        return answer ? *text_member(answer->node, "trade_status") : answer.error().reason();
    }
    // A trade of 88.80 that was paid at the cashier.
    void have_paid(const std::string& out_trade_no = "T_1") {
        Json biz = biz_of_page_pay();
        biz["out_trade_no"] = out_trade_no;
        biz.erase("time_expire");
        ASSERT_TRUE(run("trade.page.pay", biz));
        const Trade* trade = books_.trades.by_out_trade_no(kSellerId, out_trade_no);
        ASSERT_TRUE(books_.trades.pay(trade->trade_no, clock_.now()));
    }

    const Apps apps_ = two_apps();
    std::size_t app_ = 0;
    std::chrono::milliseconds signed_before_{0};  // How long ago requests were signed.
    HandClock clock_;
    CountingEntropy entropy_;
    Books books_{entropy_};
    std::vector<TradeEvent> seen_;
    std::vector<Notice> notices_;  // Of refunds.
};

}  // namespace tollgate::sandbox
