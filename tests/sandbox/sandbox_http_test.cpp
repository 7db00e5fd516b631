#include <chrono>
#include <thread>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "sandbox/drive.h"
#include "sandbox/sandbox.h"
#include "tests/sandbox/fake_gateway.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

using testing::HasSubstr;
using transport::ClientReply;

config::SandboxSettings settings_for(const std::string& gateway) {
    config::SandboxSettings settings;
    settings.alipay.listen = {.address = "127.0.0.1", .port = 0};
    settings.alipay.private_key = Secret(alipay_keys().private_pem);
    settings.alipay.time_scale = 10'000;
    settings.alipay.apps.push_back({.app_id = kAppId,
                                    .seller_id = kSellerId,
                                    .app_public_key = app_keys().public_pem,
                                    .sign_type = "RSA2",
                                    .name = "Green Bamboo"});
    settings.shop.listen = {.address = "127.0.0.1", .port = 0};
    settings.shop.gateway = gateway;
    settings.shop.app = "shop";
    settings.shop.api_key = Secret(FakeGateway::kApiKey);
    settings.shop.event_secret = Secret(FakeGateway::kSecret);
    return settings;
}

class OverHttp : public testing::Test {
protected:
    OverHttp() : OverHttp(system_clock()) {}
    explicit OverHttp(Clock& clock) {
        sandbox_ =
            *Sandbox::open(settings_for(gateway_.url()),
                           {.clock = clock, .entropy = entropy_, .random = random_, .log = log_});
        alipay_ = "http://127.0.0.1:" + std::to_string(sandbox_->alipay_port());
        shop_ = "http://127.0.0.1:" + std::to_string(sandbox_->shop_port());
        gateway_.connect(alipay_, shop_);
        thread_ = std::thread([this] { sandbox_->run(); });
    }
    ~OverHttp() override {
        sandbox_->stop();
        thread_.join();
    }

    ClientReply get(const std::string& url) { return send({.method = "GET", .url = url}); }
    ClientReply post(const std::string& url, const std::string& body) {
        return send({.url = url,
                     .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                     .body = body});
    }
    ClientReply send(transport::ClientRequest request) {
        auto reply = transport::send_and_wait(client_, std::move(request));
        EXPECT_TRUE(reply);
        return reply ? *std::move(reply) : ClientReply{};
    }
    static std::string location(const ClientReply& reply) {
        return std::string(transport::find_header(reply.headers, "Location").value_or(""));
    }
    static std::string nonce(const ClientReply& page) {
        const std::size_t at = page.body.find(R"(name="nonce" value=")");
        return at == std::string::npos ? "" : page.body.substr(at + 20, 32);
    }
    static Fields now_request(const std::string& method, const Json& biz) {
        const Fields fields =
            with(unsigned_request(method, biz), "timestamp", to_beijing(system_clock().now()));
        return signed_with(fields, app_keys().private_pem);
    }
    static Json order_of(const char* number) {
        return {{"out_trade_no", number},
                {"total_amount", "0.01"},
                {"subject", "龙井"},
                {"product_code", "FAST_INSTANT_TRADE_PAY"}};
    }
    std::string open_cashier(const char* number) {
        const Fields fields = now_request("alipay.trade.page.pay", order_of(number));
        return location(get(alipay_ + "/gateway.do?" + to_form(fields)));
    }

    CountingEntropy entropy_;
    SeededRandom random_{1};
    Log log_{-1, system_clock(), LogLevel::error};
    FakeGateway gateway_{system_clock(), entropy_, log_};
    std::unique_ptr<Sandbox> sandbox_;
    std::string alipay_;
    std::string shop_;
    std::thread thread_;
    transport::CurlClient client_{{}};
};

TEST_F(OverHttp, CashierTakesTheMoneyOnceAndGoesBack) {
    const std::string cashier = open_cashier("T_1");
    ASSERT_TRUE(cashier.starts_with("/cashier/"));
    const ClientReply page = get(alipay_ + cashier + "?lang=en");
    EXPECT_THAT(page.body, HasSubstr("龙井"));
    EXPECT_THAT(page.body, HasSubstr("Green Bamboo"));
    EXPECT_EQ(post(alipay_ + cashier + "/pay", "nonce=wrong").status, 403);
    const std::string form = "nonce=" + nonce(page);
    EXPECT_THAT(post(alipay_ + cashier + "/cancel", form).body, HasSubstr("T_1"));
    EXPECT_EQ(location(post(alipay_ + cashier + "/pay", form)), cashier);
    EXPECT_EQ(location(post(alipay_ + cashier + "/pay", form)), cashier);
    EXPECT_THAT(get(alipay_ + cashier).body, HasSubstr("http://127.0.0.1:9/back?x=1&amp;charset"));
    EXPECT_THAT(get(alipay_ + "/sandbox/trades").body, HasSubstr("TRADE_SUCCESS"));
    const auto list = parse_object(get(alipay_ + "/sandbox/notifications").body);
    EXPECT_EQ(member(*list, "notifications")->size(), 1U);
    EXPECT_EQ(get(alipay_ + "/").status, 200);
}

TEST_F(OverHttp, CallsAreAnsweredWithSignedJsonAndPagesWithHtml) {
    const ClientReply query =
        post(alipay_ + "/gateway.do?charset=utf-8",
             to_form(now_request("alipay.trade.query", {{"out_trade_no", "T_9"}})));
    EXPECT_EQ(query.status, 200);
    EXPECT_EQ(transport::find_header(query.headers, "Content-Type"), "text/html;charset=utf-8");
    EXPECT_THAT(query.body, HasSubstr(R"("sub_code":"ACQ.TRADE_NOT_EXIST")"));
    EXPECT_THAT(query.body, testing::Not(HasSubstr(R"("sign":"")")));
    const Fields forged =
        with(now_request("alipay.trade.page.pay", order_of("T_1")), "version", "1.1");
    const ClientReply page = get(alipay_ + "/gateway.do?" + to_form(forged));
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("isv.invalid-version"));
    EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
}

TEST_F(OverHttp, ShopBelievesSignedEventsOnly) {
    const ClientReply refused = send({.url = shop_ + "/events",
                                      .headers = {{"webhook-id", "evt_1"},
                                                  {"webhook-timestamp", "1"},
                                                  {"webhook-signature", "v1,AAAA"}},
                                      .body = "{}"});
    EXPECT_EQ(refused.status, 401);
    const auto order =
        parse_object(post(shop_ + "/api/orders", R"({"good":"tea","product":"page"})").body);
    const std::string number = *text_member(*order, "order");
    // Coming back from Alipay proves nothing.
    EXPECT_THAT(get(shop_ + "/orders/" + number + "?trade_no=1&lang=en").body,
                HasSubstr("We wait for the confirmation"));
    EXPECT_EQ(get(shop_ + "/orders/none").status, 404);
    EXPECT_EQ(get(shop_ + "/orders").status, 200);
    EXPECT_EQ(get(shop_ + "/?lang=en").status, 200);
    EXPECT_EQ(post(shop_ + "/api/orders", R"({"good":"gold","product":"page"})").status, 400);
}

// It used to end the process: the tree was copied, a call of its own for every level.
TEST_F(OverHttp, TheShopOutlivesADeeplyNestedOrder) {
    const std::string deep = R"({"good":)" + std::string(120'000, '[') + std::string(120'000, ']');
    EXPECT_EQ(post(shop_ + "/api/orders", deep + "}").status, 400);
    EXPECT_EQ(get(shop_ + "/").status, 200);
}

TEST_F(OverHttp, ShopSaysWhyThereIsNoPayment) {
    const ClientReply reply = post(shop_ + "/api/orders", R"({"good":"tea","product":"qr"})");
    EXPECT_EQ(reply.status, 502);
    EXPECT_THAT(reply.body, HasSubstr("no_such_product"));
}

TEST_F(OverHttp, DrivesAnOrderFromTheShelfToThePaidState) {
    for (const char* product : {"page", "wap", "app"}) {
        const auto report = drive_one_order(
            {.shop_url = shop_, .alipay_url = alipay_, .product = product}, system_clock());
        ASSERT_TRUE(report) << report.error().message();
        EXPECT_EQ(report->status, "paid");
        EXPECT_TRUE(report->event_delivered);
        EXPECT_GE(report->create_ms, 0);
        EXPECT_GE(report->notify_to_event_ms, 0);
    }
    EXPECT_EQ(gateway_.bad_notifications, 0);
}

TEST_F(OverHttp, DriveSaysWhatStoppedIt) {
    const auto qr = drive_one_order({.shop_url = shop_, .product = "qr"}, system_clock());
    ASSERT_FALSE(qr);
    EXPECT_THAT(qr.error().message(), HasSubstr("placing the order"));
    gateway_.connect(alipay_, "http://127.0.0.1:1");
    const auto lost = drive_one_order(
        {.shop_url = shop_, .deadline = std::chrono::milliseconds(300)}, system_clock());
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message(), HasSubstr("waiting for the event"));
}

TEST_F(OverHttp, ThePersonAtTheConsoleRefundsAndFinishes) {
    const std::string cashier = open_cashier("T_1");
    post(alipay_ + cashier + "/pay", "nonce=" + nonce(get(alipay_ + cashier)));
    const auto trades = parse_object(get(alipay_ + "/sandbox/trades").body);
    const std::string trade_no = *text_member(member(*trades, "trades")->at(0), "trade_no");
    const std::string act = alipay_ + "/sandbox/trades/" + trade_no;
    const ClientReply page = get(alipay_ + "/?lang=en");
    EXPECT_THAT(page.body, HasSubstr("As the merchant"));
    const std::size_t at = page.body.find(R"(name="nonce" value=")") + 20;
    const std::string form = "nonce=" + page.body.substr(at, page.body.find('"', at) - at);
    EXPECT_EQ(post(act + "/refund", "nonce=wrong&amount=0.01").status, 403);
    EXPECT_EQ(post(act + "/refund", form + "&amount=x").status, 400);
    EXPECT_THAT(post(act + "/refund", form + "&amount=9.00").body,
                HasSubstr("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"));
    EXPECT_EQ(location(post(act + "/refund", form + "&amount=0.01")), "/");
    EXPECT_THAT(get(alipay_ + "/sandbox/trades").body, HasSubstr(R"("refunded":"0.01")"));
    EXPECT_THAT(post(act + "/finish", form).body, HasSubstr("ACQ.TRADE_STATUS_ERROR"));
    EXPECT_THAT(post(act + "/pay-late", form).body, HasSubstr("ACQ.TRADE_STATUS_ERROR"));
}

TEST_F(OverHttp, FaultsAreSetWhileItRuns) {
    const auto set = [this](const char* type, const std::string& body) {
        return send({.method = "PUT",
                     .url = alipay_ + "/sandbox/faults",
                     .headers = {{"Content-Type", type}},
                     .body = body});
    };
    EXPECT_EQ(set("text/plain", "{}").status, 415);  // What a foreign page could send.
    const ClientReply wrong = set("application/json", R"({"faults":[{"on":"x","do":"y"}]})");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_THAT(wrong.body, HasSubstr("/faults/0/do"));
    const ClientReply done = set("application/json", R"({
        "clock_offset_seconds": 86400,
        "faults": [{"on": "alipay.trade.query", "do": "http_error", "http_status": 503}]})");
    EXPECT_EQ(done.status, 200);
    const ClientReply skewed = get(alipay_ + "/sandbox/faults");
    EXPECT_THAT(skewed.body, HasSubstr(R"("do":"http_error")"));
    // Tomorrow's date: the clock is a day ahead.
    const auto date = transport::find_header(skewed.headers, "Date");
    ASSERT_TRUE(date);
    const Timestamp tomorrow = system_clock().now() + std::chrono::hours(24);
    const std::string day = to_rfc3339(tomorrow).substr(8, 2);
    EXPECT_THAT(std::string(*date), HasSubstr(", " + day + " "));
    EXPECT_EQ(
        set("application/json", R"({"faults":[{"on":"*","do":"delay","delay_ms":50}]})").status,
        200);
    const Fields query = now_request("alipay.trade.query", {{"out_trade_no", "T_9"}});
    EXPECT_THAT(post(alipay_ + "/gateway.do?charset=utf-8", to_form(query)).body,
                HasSubstr("ACQ.TRADE_NOT_EXIST"));
    EXPECT_THAT(get(alipay_ + "/sandbox/faults").body, HasSubstr(R"("struck":1)"));
}

// Whatever breaks the connection, the caller cannot know whether it happened.
TEST_F(OverHttp, ConnectionsBreakOnPurpose) {
    for (const char* name : {"reset_request", "reset_answer", "cut_off"}) {
        const auto set = send({.method = "PUT",
                               .url = alipay_ + "/sandbox/faults",
                               .headers = {{"Content-Type", "application/json"}},
                               .body = R"({"faults":[{"on":"alipay.trade.query","do":")" +
                                       std::string(name) + R"("}]})"});
        ASSERT_EQ(set.status, 200) << set.body;
        const auto reply = transport::send_and_wait(
            client_, {.url = alipay_ + "/gateway.do?charset=utf-8",
                      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                      .body = to_form(now_request("alipay.trade.query", {{"out_trade_no", "T"}})),
                      .fresh_connection = true});
        ASSERT_FALSE(reply) << name << ": " << reply->body;
        EXPECT_EQ(reply.error().code(), ErrorCode::outcome_unknown) << name;
    }
}

TEST_F(OverHttp, ABuyerAgreesToAFreezeAndToALogin) {
    const Json biz = {{"out_order_no", "A_1"},
                      {"out_request_no", "F_1"},
                      {"order_title", "押金"},
                      {"amount", "100.00"},
                      {"product_code", "PRE_AUTH"}};
    const auto made =
        parse_object(post(alipay_ + "/gateway.do?charset=utf-8",
                          to_form(now_request("alipay.fund.auth.order.voucher.create", biz)))
                         .body);
    const Json* node = member(*made, "alipay_fund_auth_order_voucher_create_response");
    ASSERT_NE(node, nullptr);
    const std::string url = *text_member(*node, "code_value");
    const ClientReply page = get(url + "?lang=en");
    EXPECT_THAT(page.body, HasSubstr("Freeze an amount"));
    EXPECT_EQ(post(url + "/agree", "nonce=wrong").status, 403);
    post(url + "/agree", "nonce=" + nonce(page));
    EXPECT_THAT(get(url + "?lang=en").body, HasSubstr("Frozen"));

    const ClientReply back =
        get(alipay_ + "/oauth2/publicAppAuthorize.htm?app_id=" + std::string(kAppId) +
            "&scope=auth_base&state=s&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback");
    EXPECT_THAT(location(back), HasSubstr("http://127.0.0.1:9/back?app_id="));
    EXPECT_THAT(location(back), HasSubstr("&auth_code="));
}

// Its code was scanned, so the buyer has no page open: the console has the way to it.
TEST_F(OverHttp, AScannedFreezeThatWaitsIsAgreedToFromTheConsole) {
    const Json biz = {{"out_order_no", "A_1"},       {"out_request_no", "F_1"},
                      {"order_title", "押金"},       {"amount", "1000.01"},
                      {"product_code", "PRE_AUTH"},  {"auth_code", "286600000000000001"},
                      {"auth_code_type", "bar_code"}};
    const ClientReply asked = post(alipay_ + "/gateway.do?charset=utf-8",
                                   to_form(now_request("alipay.fund.auth.order.freeze", biz)));
    ASSERT_THAT(asked.body, HasSubstr(R"("status":"INIT")"));
    const auto freeze = [this] {
        const auto json = parse_object(get(alipay_ + "/sandbox/freezes").body);
        return json ? json->at("freezes").at(0) : Json();
    };
    ASSERT_EQ(freeze().value("order_status", ""), "INIT");
    const std::string url = freeze().value("fund_url", "");
    ASSERT_TRUE(url.starts_with(alipay_ + "/fund/"));
    EXPECT_THAT(get(alipay_ + "/").body, HasSubstr("href=\"" + url.substr(alipay_.size()) + "\""));
    post(url + "/agree", "nonce=" + nonce(get(url)));
    EXPECT_EQ(freeze().value("order_status", ""), "AUTHORIZED");
    EXPECT_EQ(freeze().value("rest", ""), "1000.01");
}

struct OwnTime {
    HandClock time_;
};

// Time passes when the test says so; the sockets are real.
class AtItsOwnTime : private OwnTime, public OverHttp {
protected:
    AtItsOwnTime() : OverHttp(time_) {}
    // Whoever stops waits, by this clock, for what is unanswered.
    ~AtItsOwnTime() override {
        client_.cancel_all();
        pass(std::chrono::hours(9 * 24));
    }

    void pass(std::chrono::milliseconds time) { time_.pass(time); }
    // What comes of calls that are never answered, as they end.
    void call_into_silence(std::size_t calls) {
        ASSERT_EQ(send({.method = "PUT",
                        .url = alipay_ + "/sandbox/faults",
                        .headers = {{"Content-Type", "application/json"}},
                        .body = R"({"faults":[{"on":"alipay.trade.query","do":"drop_request"}]})"})
                      .status,
                  200);
        const std::string form =
            to_form(signed_request("alipay.trade.query", {{"out_trade_no", "T"}}));
        for (std::size_t i = 0; i < calls; ++i) {
            client_.start(
                {.url = alipay_ + "/gateway.do?charset=utf-8",
                 .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                 .body = form,
                 .total_timeout = std::chrono::minutes(5)},
                [this](Result<ClientReply> reply) { ended_.push_back(std::move(reply)); });
        }
    }
    // Each asks anew, so the front looks at its deadlines too.
    std::string faults() {
        return send({.method = "GET", .url = alipay_ + "/sandbox/faults", .fresh_connection = true})
            .body;
    }

    std::vector<Result<ClientReply>> ended_;
};

TEST_F(AtItsOwnTime, NoAnswerMeansNoneForAWeekAndMore) {
    call_into_silence(1);
    while (faults().find(R"("struck":1)") == std::string::npos) {
    }
    pass(std::chrono::hours(7 * 24));
    for (int i = 0; i < 5; ++i) faults();
    client_.run_once(std::chrono::milliseconds(1));
    EXPECT_TRUE(ended_.empty());
}

TEST_F(AtItsOwnTime, TheOldestOfTooManyUnansweredCallsIsResetNotAnswered) {
    call_into_silence(201);
    while (ended_.empty()) client_.run_once(std::chrono::milliseconds(20));
    EXPECT_EQ(ended_.size(), 1U);
    EXPECT_FALSE(ended_.front()) << ended_.front()->status;
}

TEST_F(OverHttp, UnacknowledgedNotificationsAreSentAgain) {
    gateway_.answer_notifications_with("fail");
    ASSERT_TRUE(drive_one_order({.shop_url = shop_}, system_clock()));
    for (int i = 0; i < 200; ++i) {
        client_.run_once(std::chrono::milliseconds(20));
        const auto list = parse_object(get(alipay_ + "/sandbox/notifications").body);
        if (integer_member(member(*list, "notifications")->at(0), "attempts_made") >= 5) return;
    }
    FAIL() << "fewer than five attempts";
}

}  // namespace
}  // namespace tollgate::sandbox
