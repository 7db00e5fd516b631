// Try, confirm, cancel, through a whole gateway and an Alipay that keeps the truth and loses
// messages.
#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Answer;
using testing::GatewayWorld;
using testing::ScriptedAlipay;

json ok() {
    return {{"code", "10000"}, {"msg", "Success"}};
}
json refusal(const std::string& code) {
    return {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", code}, {"sub_msg", code}};
}

// One account's frozen money; each call's answer can be lost after it was done, or the call itself.
class LittleFund {
public:
    enum class Loss { request, answer };

    explicit LittleFund(GatewayWorld& world) : clock_(world.clock) {
        world.alipay.script([this](const std::string& method, const json& biz, auto ticket) {
            const std::lock_guard lock(mutex_);
            ++calls_[method];
            const auto found = losses_.find(method);
            std::optional<Loss> loss;
            if (found != losses_.end()) loss = losses_.extract(found).mapped();
            const transport::ServerResponse lost{.status = 502, .body = "lost"};
            if (loss == Loss::request) return ticket.complete(lost);
            const auto refused = refusals_.find(method);
            const json answer =
                refused == refusals_.end() ? act(method, biz) : refusal(refused->second);
            if (loss) return ticket.complete(lost);
            ticket.complete(ScriptedAlipay::answer(method, answer));
        });
    }
    void agree() {
        const std::lock_guard lock(mutex_);
        order_ = "AUTHORIZED";
    }
    void lose(const std::string& method, Loss loss) {
        const std::lock_guard lock(mutex_);
        losses_.emplace(method, loss);
    }
    void refuse(const std::string& method, const std::string& code) {
        const std::lock_guard lock(mutex_);
        refusals_[method] = code;
    }
    void heal() {
        const std::lock_guard lock(mutex_);
        refusals_.clear();
        losses_.clear();
    }
    int calls(const std::string& method) {
        const std::lock_guard lock(mutex_);
        return calls_[method];
    }
    int all_calls() {
        const std::lock_guard lock(mutex_);
        int all = 0;
        for (const auto& [method, calls] : calls_) all += calls;
        return all;
    }
    std::int64_t taken() {
        const std::lock_guard lock(mutex_);
        return taken_;
    }
    std::string order() {
        const std::lock_guard lock(mutex_);
        return order_;
    }

private:
    std::string yuan(std::int64_t fen) { return Money::from_fen(fen).to_yuan(); }
    json named(json answer) {
        answer["out_order_no"] = number_;
        answer["out_request_no"] = number_;
        return answer;
    }

    json act(const std::string& method, const json& biz) {
        if (method == "alipay.fund.auth.order.freeze") return open(biz, "AUTHORIZED");
        if (method == "alipay.fund.auth.order.voucher.create") return open(biz, "INIT");
        if (method == "alipay.fund.auth.operation.detail.query") return detail();
        if (method == "alipay.fund.auth.operation.cancel") return cancel();
        if (method == "alipay.fund.auth.order.unfreeze") return unfreeze(biz);
        if (method == "alipay.trade.pay") return pay(biz);
        if (method == "alipay.trade.query") return query();
        return refusal("isv.invalid-method");
    }
    json open(const json& biz, const std::string& order) {
        number_ = biz.value("out_order_no", "");
        if (order_.empty()) order_ = order;
        frozen_ = Money::parse_yuan(biz.value("amount", ""))->fen();
        json answer = named(ok());
        if (order == "INIT") {
            answer["code_value"] = "https://qr.alipay.com/" + number_;
            return answer;
        }
        answer["auth_no"] = "2026auth";
        answer["status"] = "SUCCESS";
        answer["amount"] = yuan(frozen_);
        return answer;
    }
    json detail() {
        if (order_.empty()) return refusal("AUTH_ORDER_NOT_EXIST");
        json answer = named(ok());
        answer["order_status"] = order_;
        answer["status"] = order_ == "INIT" ? "INIT" : order_ == "CLOSED" ? "CLOSED" : "SUCCESS";
        answer["auth_no"] = "2026auth";
        answer["payer_user_id"] = "2088000000000002";
        answer["amount"] = yuan(frozen_);
        answer["total_pay_amount"] = yuan(taken_);
        return answer;
    }
    json cancel() {
        if (order_.empty()) return refusal("AUTH_ORDER_NOT_EXIST");
        json answer = named(ok());
        answer["action"] = order_ == "INIT" ? "close" : "unfreeze";
        if (order_ == "INIT") order_ = "CLOSED";
        if (order_ == "AUTHORIZED") order_ = "FINISH";
        return answer;
    }
    json unfreeze(const json& biz) {
        if (order_ != "AUTHORIZED") return refusal("ORDER_ALREADY_FINISH");
        order_ = "FINISH";
        json answer = ok();
        answer["auth_no"] = "2026auth";
        answer["out_request_no"] = biz["out_request_no"];
        answer["status"] = "SUCCESS";
        return answer;
    }
    json pay(const json& biz) {
        if (order_ != "AUTHORIZED") return refusal("ACQ.AUTH_ORDER_HAS_FINISHED");
        taken_ += Money::parse_yuan(biz.value("total_amount", ""))->fen();
        order_ = "FINISH";
        json answer = ok();
        answer["out_trade_no"] = number_;
        answer["trade_no"] = "2026" + number_;
        answer["total_amount"] = yuan(taken_);
        return answer;
    }
    json query() {
        if (taken_ == 0) return refusal("ACQ.TRADE_NOT_EXIST");
        json answer = ok();
        answer["out_trade_no"] = number_;
        answer["trade_no"] = "2026" + number_;
        answer["trade_status"] = "TRADE_SUCCESS";
        answer["total_amount"] = yuan(taken_);
        answer["send_pay_date"] = to_beijing(clock_.now());
        return answer;
    }

    Clock& clock_;
    std::mutex mutex_;
    std::string number_;
    std::string order_;  // Empty: Alipay has none.
    std::int64_t frozen_ = 0;
    std::int64_t taken_ = 0;
    std::multimap<std::string, Loss> losses_;
    std::map<std::string, std::string> refusals_;
    std::map<std::string, int> calls_;
};
using Loss = LittleFund::Loss;

struct PreauthWorld : GatewayWorld {
    PreauthWorld() : fund(*this) {}

    Answer attempt(const std::string& product = "barcode", std::int64_t fen = 1'000) {
        json body{{"app", "shop"},
                  {"out_auth_no", "A1"},
                  {"product", product},
                  {"amount", fen},
                  {"subject", "A room"}};
        if (product == "barcode") body["auth_code"] = "280000000000000001";
        return api("POST", "/v1/preauthorisations", body.dump());
    }
    Answer end(const std::string& how, const json& body = json::object()) {
        return api("POST", "/v1/preauthorisations/shop/A1/" + how, body.dump());
    }
    json one() { return api("GET", "/v1/preauthorisations/shop/A1").json(); }
    void wait_for(const std::string& status) {
        wait_for_count("SELECT count(*) FROM preauthorisation WHERE status = '" + status + "'", 1);
    }

    LittleFund fund;
};

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
    EXPECT_EQ(world.end("confirm").json()["code"], "not_frozen");
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

TEST(Preauth, IsConfirmedOrCancelledAndNeverBoth) {
    for (int i = 0; i < 8; ++i) {
        PreauthWorld world;
        ASSERT_EQ(world.attempt().status, 200);
        int confirmed = 0;
        int cancelled = 0;
        std::thread confirm([&] { confirmed = world.end("confirm").status; });
        std::thread cancel([&] { cancelled = world.end("cancel").status; });
        confirm.join();
        cancel.join();
        EXPECT_EQ(std::multiset<int>({confirmed, cancelled}), std::multiset<int>({200, 409}));
        EXPECT_EQ(world.fund.taken(), confirmed == 200 ? 1'000 : 0);
    }
}

TEST(Preauth, GoesOnAfterARestart) {
    PreauthWorld world;
    ASSERT_EQ(world.attempt("qr").status, 200);
    world.fund.refuse("alipay.fund.auth.operation.cancel", "CANCEL_OPERATION_TIME_OUT");
    EXPECT_EQ(world.end("cancel").status, 202);
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
