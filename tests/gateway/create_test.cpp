// POST /v1/payments and the reading routes, through the api listener of a whole gateway.
#include <thread>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "signing/content.h"
#include "signing/form.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::GatewayWorld;
using testing::ScriptedAlipay;
using testing::test_keys;

// The fields of a signed page URL or order string, once their signature has been checked.
signing::Fields signed_fields(const std::string& encoded) {
    auto fields = signing::decode_form(encoded);
    EXPECT_TRUE(fields);
    EXPECT_TRUE(test_keys().app.public_half().verify(signing::request_content(*fields),
                                                     signing::find(*fields, "sign").value_or(""),
                                                     signing::SignType::rsa2));
    return *fields;
}

std::string after_question_mark(const std::string& url) {
    return url.substr(url.find('?') + 1);
}

json biz_of(const signing::Fields& fields) {
    return json::parse(signing::find(fields, "biz_content").value_or("{}"));
}

std::vector<std::string> error_fields(const testing::Answer& answer) {
    std::vector<std::string> fields;
    const json problem = answer.json();
    for (const auto& error : problem["errors"]) fields.push_back(error["field"]);
    std::ranges::sort(fields);
    return fields;
}

TEST(Create, GivesASignedPagePayment) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1", 1'234);
    order["passback_params"] = "a=1&b=你好";
    order["return_url"] = "http://shop.example/orders/1?x=1";
    const auto answer = world.create(order);
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto payment = answer.json();
    EXPECT_EQ(answer.header("location"), "/v1/payments/" + payment["id"].get<std::string>());
    EXPECT_EQ(payment["status"], "pending");
    EXPECT_EQ(payment["action"]["type"], "redirect");
    const std::string url = payment["action"]["url"];
    EXPECT_TRUE(url.starts_with(world.alipay.gateway_url() + "?"));

    const auto fields = signed_fields(after_question_mark(url));
    EXPECT_EQ(signing::find(fields, "method"), "alipay.trade.page.pay");
    EXPECT_EQ(signing::find(fields, "notify_url"), "http://pay.example/alipay/shop/notify");
    EXPECT_EQ(signing::find(fields, "return_url"), "http://pay.example/alipay/shop/return");
    const auto biz = biz_of(fields);
    EXPECT_EQ(biz["total_amount"], "12.34");
    EXPECT_EQ(biz["product_code"], "FAST_INSTANT_TRADE_PAY");
    EXPECT_EQ(biz["passback_params"], "a%3D1%26b%3D%E4%BD%A0%E5%A5%BD");
    // Alipay is told the very second that we write down.
    EXPECT_EQ(to_rfc3339(*parse_beijing(biz["time_expire"].get<std::string>())),
              payment["expires_at"]);
}

TEST(Create, GivesAFormForThePage) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["action"] = "form";
    order["goods_detail"] = {{{"goods_id", "1"},
                              {"goods_name", "A \"quoted\" <book> & more"},
                              {"quantity", 1},
                              {"price", "10.00"}}};
    const auto action = world.create(order).json()["action"];
    EXPECT_EQ(action["type"], "form");
    const std::string html = action["html"];
    EXPECT_NE(html.find("method=\"post\""), std::string::npos);
    EXPECT_NE(html.find("&lt;book&gt; &amp; more"), std::string::npos);
    EXPECT_EQ(html.find("name=\"submit\""), std::string::npos);
}

TEST(Create, GivesAnOrderStringForTheApp) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["product"] = "app";
    const auto action = world.create(order).json()["action"];
    EXPECT_EQ(action["type"], "sdk");
    const auto fields = signed_fields(action["order_string"]);
    EXPECT_EQ(signing::find(fields, "method"), "alipay.trade.app.pay");
    EXPECT_FALSE(signing::find(fields, "return_url"));
    EXPECT_EQ(biz_of(fields)["seller_id"], "2088000000000001");
}

TEST(Create, GivesAWapPaymentWithItsQuitUrl) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["product"] = "wap";
    order["quit_url"] = "http://shop.example/cart";
    const auto action = world.create(order).json()["action"];
    const auto fields = signed_fields(after_question_mark(action["url"]));
    EXPECT_EQ(biz_of(fields)["product_code"], "QUICK_WAP_WAY");
    EXPECT_EQ(biz_of(fields)["quit_url"], "http://shop.example/cart");
}

TEST(Create, NamesEveryWrongFieldAtOnce) {
    GatewayWorld world;
    const json wrong{{"app", "shop"},
                     {"out_trade_no", "has space"},
                     {"product", "page"},
                     {"amount", 10.5},
                     {"subject", "a/b"},
                     {"currency", "USD"},
                     {"metadata", "not a map"},
                     {"colour", "red"},
                     {"extend_params", {{"price", 1.5}}}};
    const auto answer = world.create(wrong);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_EQ(answer.json()["code"], "invalid_request");
    EXPECT_EQ(error_fields(answer),
              (std::vector<std::string>{"/amount", "/colour", "/currency", "/extend_params",
                                        "/metadata", "/out_trade_no", "/subject"}));
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 0);
}

TEST(Create, NamesWhatIsMissing) {
    GatewayWorld world;
    EXPECT_EQ(
        error_fields(world.create(json::object())),
        (std::vector<std::string>{"/amount", "/app", "/out_trade_no", "/product", "/subject"}));
}

TEST(Create, RefusesWhatDoesNotGoWithTheProduct) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["product"] = "wap";
    order["expires_in"] = 60;
    order["terminal_id"] = "7";
    order["enable_pay_channels"] = "balance";
    order["disable_pay_channels"] = "pcredit";
    EXPECT_EQ(error_fields(world.create(order)),
              (std::vector<std::string>{"/disable_pay_channels", "/expires_in", "/terminal_id"}));
}

TEST(Create, RefusesBodiesThatAreNotPlainJson) {
    GatewayWorld world;
    const auto status = [&](const std::string& body) {
        return world.api("POST", "/v1/payments", body).status;
    };
    EXPECT_EQ(status("{"), 400);
    EXPECT_EQ(status("[]"), 400);
    EXPECT_EQ(status("{\"app\":\"a\",\"app\":\"b\"}"), 400);
    EXPECT_EQ(status("{\"subject\":\"\xFF\"}"), 400);
    EXPECT_EQ(status("{} // comment"), 400);
    EXPECT_EQ(status("{\"amount\":1e999}"), 400);
    EXPECT_EQ(
        status("{\"goods_detail\":" + std::string(60'000, '[') + std::string(60'000, ']') + "}"),
        400);
    EXPECT_EQ(status(std::string(200'000, ' ')), 413);
}

TEST(Create, RefusesAmountsOutsideOfAlipaysRange) {
    GatewayWorld world;
    for (const char* amount :
         {"0", "-1", "10000000001", "99999999999999999999", "\"100\"", "1e2"}) {
        auto text = GatewayWorld::order("T1").dump();
        text.replace(text.find("\"amount\":1000"), 13, std::string("\"amount\":") + amount);
        EXPECT_EQ(world.api("POST", "/v1/payments", text).status, 400) << amount;
    }
}

TEST(Create, AnswersTheSameRequestWithTheSamePayment) {
    GatewayWorld world;
    const auto first = world.create(GatewayWorld::order("T1"));
    const auto second = world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(second.header("idempotent-replayed"), "true");
    EXPECT_EQ(second.json()["id"], first.json()["id"]);
    EXPECT_EQ(second.json()["action"], first.json()["action"]);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
}

TEST(Create, HandsOutNoActionForAPaymentThatIsPaid) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    const auto again = world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(again.status, 200);
    EXPECT_TRUE(again.json()["action"].is_null());
    EXPECT_EQ(again.json()["action_withheld"], "paid");
}

TEST(Create, RefusesTheSameNumberWithOtherFields) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    auto other = GatewayWorld::order("T1", 2'000);
    other["subject"] = "Another thing";
    const auto answer = world.create(other);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json()["code"], "out_trade_no_reused");
    EXPECT_EQ(error_fields(answer), (std::vector<std::string>{"/amount", "/subject"}));
    // What is not part of a payment's identity may differ.
    auto same = GatewayWorld::order("T1");
    same["metadata"] = {{"cart", 8}};
    same["return_url"] = "http://elsewhere.example/";
    EXPECT_EQ(world.create(same).status, 200);
}

TEST(IdempotencyKey, RepeatsTheStoredAnswerByteForByte) {
    GatewayWorld world;
    const transport::HeaderList key{{"Idempotency-Key", "\"key-1\""}};
    const auto first = world.create(GatewayWorld::order("T1"), key);
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1")));
    const auto second = world.create(GatewayWorld::order("T1"), {{"Idempotency-Key", "key-1"}});
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.header("idempotent-replayed"), "true");
}

TEST(IdempotencyKey, RefusesOtherFieldsUnderTheSameKey) {
    GatewayWorld world;
    const transport::HeaderList key{{"Idempotency-Key", "key-1"}};
    world.create(GatewayWorld::order("T1"), key);
    const auto answer = world.create(GatewayWorld::order("T2"), key);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json()["code"], "idempotency_key_reused");
    EXPECT_EQ(error_fields(answer), (std::vector<std::string>{"/order", "/out_trade_no"}));
}

TEST(IdempotencyKey, MustBePrintable) {
    GatewayWorld world;
    const auto answer = world.create(GatewayWorld::order("T1"), {{"Idempotency-Key", "a b"}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(error_fields(answer), std::vector<std::string>{"Idempotency-Key"});
}

TEST(Create, MakesOnePaymentOfManyEqualRequestsAtOnce) {
    GatewayWorld world;
    std::vector<std::thread> callers;
    std::atomic<int> created = 0;
    std::atomic<int> replayed = 0;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&] {
            const int status = world.create(GatewayWorld::order("T1")).status;
            created += status == 201 ? 1 : 0;
            replayed += status == 200 ? 1 : 0;
        });
    }
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(created, 1);
    EXPECT_EQ(replayed, 7);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
}

TEST(Callers, NeedAKeyTheRightAndTheApp) {
    GatewayWorld world;
    const std::string body = GatewayWorld::order("T1").dump();
    EXPECT_EQ(world.api("POST", "/v1/payments", body, {}, "").status, 401);
    EXPECT_EQ(world.api("POST", "/v1/payments", body, {}, "tgk_wrong").status, 401);
    EXPECT_EQ(world.api("POST", "/v1/payments", body, {}, GatewayWorld::kReadKey).status, 403);
    auto foreign = GatewayWorld::order("T1");
    foreign["app"] = "another";
    EXPECT_EQ(world.create(foreign).status, 404);
    const std::string id = world.create(GatewayWorld::order("T1")).json()["id"];
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id).status, 200);
    // Somebody else's payment looks just like none.
    const auto hidden = world.api("GET", "/v1/payments/" + id, "", {}, GatewayWorld::kReadKey);
    const auto none = world.api("GET", "/v1/payments/pay_none", "", {}, GatewayWorld::kReadKey);
    EXPECT_EQ(hidden.status, 404);
    EXPECT_EQ(hidden.body, none.body);
}

TEST(Reading, FindsPaymentsByIdNumberAndOrder) {
    GatewayWorld world;
    const std::string id = world.create(GatewayWorld::order("T1")).json()["id"];
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id).json()["out_trade_no"], "T1");
    const auto by_number = world.api("GET", "/v1/payments?app=shop&out_trade_no=T1").json();
    EXPECT_EQ(by_number["payments"][0]["id"], id);
    const auto by_order = world.api("GET", "/v1/payments?app=shop&order=O-T1").json();
    EXPECT_EQ(by_order["payments"][0]["id"], id);
    const auto history = world.api("GET", "/v1/payments/" + id + "/history").json();
    EXPECT_EQ(history["transitions"][0]["to"], "pending");
    EXPECT_EQ(world.api("GET", "/v1/payments?out_trade_no=T1").status, 400);
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id + "?what=1").status, 400);
}

TEST(Reading, KeepsTheRequestIdInTheAnswerAndInTheHistory) {
    GatewayWorld world;
    const auto answer = world.create(GatewayWorld::order("T1"), {{"X-Request-Id", "my-id.1"}});
    EXPECT_EQ(answer.header("x-request-id"), "my-id.1");
    const std::string id = answer.json()["id"];
    const auto history = world.api("GET", "/v1/payments/" + id + "/history").json();
    EXPECT_EQ(history["transitions"][0]["request_id"], "my-id.1");
    EXPECT_NE(world.api("GET", "/v1/payments/" + id, "", {{"X-Request-Id", "bad id"}})
                  .header("x-request-id"),
              "bad id");
}

json qr_order(const std::string& number) {
    auto order = GatewayWorld::order(number);
    order["product"] = "qr";
    return order;
}

TEST(Precreate, GivesAQrCode) {
    GatewayWorld world;
    const auto answer = world.create(qr_order("T1"));
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.json()["status"], "pending");
    EXPECT_EQ(answer.json()["action"]["qr_code"], "https://qr.alipay.com/baxT1");
    EXPECT_EQ(world.create(qr_order("T1")).status, 200);
    EXPECT_EQ(world.alipay.calls().size(), 1U);
}

TEST(Precreate, StaysUnknownWhenTheAnswerIsLostAndGoesOnWithTheSameNumber) {
    GatewayWorld world;
    world.alipay.script([](const auto&, const auto&, transport::Ticket ticket) {
        ticket.complete({.status = 502, .body = "bad gateway"});
    });
    const transport::HeaderList key{{"Idempotency-Key", "key-1"}};
    const auto lost = world.create(qr_order("T1"), key);
    EXPECT_EQ(lost.status, 502);
    EXPECT_EQ(lost.json()["code"], "outcome_unknown");
    EXPECT_EQ(world.payment_status("T1"), "unknown");

    world.alipay.script([](const std::string& method, const json& biz, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::answer(method, {{"code", "10000"},
                                                        {"out_trade_no", biz["out_trade_no"]},
                                                        {"qr_code", "https://qr.example/1"}}));
    });
    const auto again = world.create(qr_order("T1"), key);
    EXPECT_EQ(again.status, 201) << again.body;
    EXPECT_EQ(again.json()["id"], lost.json()["payment_id"]);
    EXPECT_EQ(world.payment_status("T1"), "pending");
    // The same number and the same time_expire: to Alipay it is the same request.
    const auto calls = world.alipay.calls();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0], calls[1]);
}

TEST(Precreate, FailsOnlyWhenARefusalIsSignedAndNoTradeIsThere) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json&, transport::Ticket ticket) {
        const char* code =
            method == "alipay.trade.query" ? "ACQ.TRADE_NOT_EXIST" : "ACQ.SELLER_BEEN_BLOCKED";
        ticket.complete(ScriptedAlipay::answer(
            method, {{"code", "40004"}, {"sub_code", code}, {"sub_msg", "no"}}));
    });
    const auto refused = world.create(qr_order("T1"));
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(refused.json()["code"], "refused_by_alipay");
    EXPECT_EQ(world.payment_status("T1"), "failed");
    EXPECT_EQ(world.events.wait_for(1).front()["type"], "payment.failed");
}

TEST(Precreate, IsNeverClosedByAnUnsignedFailure) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json&, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::unsigned_answer(
            method, {{"code", "40002"}, {"sub_code", "isv.invalid-signature"}}));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
}

TEST(Precreate, BelievesNoSuccessThatIsNotSigned) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json& biz, transport::Ticket ticket) {
        auto answer = ScriptedAlipay::answer(method, {{"code", "10000"},
                                                      {"out_trade_no", biz["out_trade_no"]},
                                                      {"qr_code", "https://qr.example/1"}});
        answer.body.replace(answer.body.find("qr.example"), 10, "qr.evil.io");
        ticket.complete(std::move(answer));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
}

TEST(Precreate, SurvivesAnswersOfAnotherShape) {
    GatewayWorld world;
    world.alipay.script([](const std::string& method, const json&, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::answer(
            method, {{"code", "10000"}, {"out_trade_no", nullptr}, {"qr_code", 7}}));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
}

TEST(Precreate, SaysWhenNothingWasSent) {
    GatewayWorld world([](config::Settings& settings) {
        settings.apps[0].gateway_url = "http://127.0.0.1:1/gateway.do";
    });
    const auto answer = world.create(qr_order("T1"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.json()["code"], "alipay_unavailable");
    EXPECT_EQ(answer.header("retry-after"), "2");
}

TEST(Precreate, LetsOneRequestCallAtATime) {
    GatewayWorld world;
    std::mutex mutex;
    std::condition_variable called;
    std::optional<transport::Ticket> held;
    json number;
    world.alipay.script([&](const std::string&, const json& biz, transport::Ticket ticket) {
        const std::lock_guard lock(mutex);
        held = std::move(ticket);
        number = biz["out_trade_no"];
        called.notify_all();
    });
    testing::Answer first;
    std::thread caller([&] { first = world.create(qr_order("T1")); });
    {
        std::unique_lock lock(mutex);
        called.wait(lock, [&] { return held.has_value(); });
    }
    const auto second = world.create(qr_order("T1"));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.json()["code"], "in_progress");
    EXPECT_EQ(second.header("retry-after"), "1");
    held->complete(ScriptedAlipay::answer(
        "alipay.trade.precreate",
        {{"code", "10000"}, {"out_trade_no", number}, {"qr_code", "https://qr.example/1"}}));
    caller.join();
    EXPECT_EQ(first.status, 201);
}

// A call that hangs must cost nobody else anything: no worker waits for it.
TEST(Precreate, HangingHoldsUpNoNotification) {
    GatewayWorld world;
    std::mutex mutex;
    std::condition_variable called;
    std::vector<transport::Ticket> held;
    world.alipay.script([&](const std::string&, const json&, transport::Ticket ticket) {
        const std::lock_guard lock(mutex);
        held.push_back(std::move(ticket));
        called.notify_all();
    });
    std::vector<std::thread> callers;
    for (const char* name : {"Q1", "Q2", "Q3", "Q4"}) {  // Twice as many as there are workers.
        callers.emplace_back([&world, name] { world.create(qr_order(name)); });
    }
    {
        std::unique_lock lock(mutex);
        called.wait(lock, [&] { return held.size() == callers.size(); });
    }
    world.create(GatewayWorld::order("T1"));
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(held.size(), callers.size());  // Still hanging.
        held.clear();
    }
    for (auto& caller : callers) caller.join();
}

TEST(Return, SendsTheBuyerOnAndMarksNothingPaid) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["return_url"] = "http://shop.example/orders/1?x=1";
    world.create(order);
    signing::Fields fields{{"charset", "utf-8"},
                           {"out_trade_no", "T1"},
                           {"method", "alipay.trade.page.pay.return"},
                           {"total_amount", "10.00"},
                           {"trade_no", "2026T1"},
                           {"auth_app_id", "2021000000000001"},
                           {"version", "1.0"},
                           {"app_id", "2021000000000001"},
                           {"sign_type", "RSA2"},
                           {"seller_id", "2088000000000001"},
                           {"timestamp", "2026-11-11 00:00:00"}};
    const std::string query = GatewayWorld::signed_body(fields);
    const auto answer = world.public_get("/alipay/shop/return?" + query);
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.header("location"), "http://shop.example/orders/1?x=1");
    EXPECT_EQ(world.payment_status("T1"), "pending");
    const auto forged = world.public_get("/alipay/shop/return?" +
                                         GatewayWorld::signed_body(fields, test_keys().stranger));
    EXPECT_EQ(forged.status, 400);
    EXPECT_EQ(forged.header("location"), "");
}

TEST(Health, IsOnTheOperatorListenerOnly) {
    GatewayWorld world;
    EXPECT_EQ(world.operator_get("/healthz").status, 200);
    EXPECT_EQ(world.operator_get("/readyz").json()["status"], "ready");
    EXPECT_EQ(world.api("GET", "/readyz").status, 404);
    const auto wrong = world.api("DELETE", "/v1/payments");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("content-type"), "application/problem+json");
}

}  // namespace
}  // namespace tollgate
