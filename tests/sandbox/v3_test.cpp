#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/alipay_desk.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

class Nowhere final : public transport::HttpClient {
public:
    void start(transport::ClientRequest, Completion done) override {
        done(Error(ErrorCode::unavailable, "nowhere"));
    }
};

constexpr const char* kQueryPath = "/v3/alipay/trade/query";

class ApiV3 : public testing::Test {
protected:
    ApiV3()
        : desk_(two_apps(), *PrivateKey::parse(alipay_keys().private_pem), config::SandboxAlipay{},
                {.clock = clock_, .entropy = entropy_, .log = log_, .http = http_, .wake = [] {}}) {
    }

    struct More {
        std::string timestamp;  // Else now's.
        std::string app_auth_token;
    };
    // Signed as protocol notes 7.1 say.
    transport::ServerRequest request(const std::string& verb, const std::string& target,
                                     const std::string& body, const More& more = {}) {
        const std::string timestamp =
            more.timestamp.empty() ? std::to_string(clock_.now().ms) : more.timestamp;
        const std::string auth = "app_id=" + std::string(kAppId) +
                                 ",nonce=n1,timestamp=" + timestamp + ",expired_seconds=120";
        std::string content = auth + "\n" + verb + "\n" + target + "\n" + body + "\n";
        if (!more.app_auth_token.empty()) content += more.app_auth_token + "\n";
        const auto key = *PrivateKey::parse(app_keys().private_pem);
        transport::ServerRequest made{.method = verb, .target = target, .body = body};
        made.path = target.substr(0, target.find('?'));
        if (made.path.size() < target.size()) made.query = target.substr(made.path.size() + 1);
        made.headers = {{"Content-Type", "application/json"},
                        {"Authorization", "ALIPAY-SHA256withRSA " + auth +
                                              ",sign=" + *key.sign(content, SignType::rsa2)}};
        if (!more.app_auth_token.empty()) {
            made.headers.emplace_back("alipay-app-auth-token", more.app_auth_token);
        }
        return made;
    }
    transport::ServerResponse post(const std::string& path, const Json& biz) {
        return *desk_.answer_v3(request("POST", "/v3/alipay/" + path, to_text(biz))).answer;
    }
    // The code of a failure.
    std::string refused(const transport::ServerRequest& request) {
        const auto answer = *desk_.answer_v3(request).answer;
        return *text_member(*parse_object(answer.body), "code");
    }
    static std::string header(const transport::ServerResponse& answer, const char* name) {
        return std::string(transport::find_header(answer.headers, name).value_or(""));
    }

    HandClock clock_;
    CountingEntropy entropy_;
    Log log_{-1, clock_, LogLevel::error};
    Nowhere http_;
    AlipayDesk desk_;
};

TEST_F(ApiV3, AnswersTheNodeItselfSignedInTheHeaders) {
    const Json biz = {{"out_trade_no", "T_1"},
                      {"total_amount", "88.80"},
                      {"subject", "龙井"},
                      {"buyer_id", "2088102146225135"},
                      {"notify_url", "http://127.0.0.1:9/notify"}};
    const auto made = post("trade/create", biz);
    ASSERT_EQ(made.status, 200) << made.body;
    const auto node = parse_object(made.body);
    EXPECT_FALSE(node->contains("code"));
    EXPECT_EQ(*text_member(*node, "out_trade_no"), "T_1");
    const std::string content = header(made, "alipay-timestamp") + "\n" +
                                header(made, "alipay-nonce") + "\n" + made.body + "\n";
    const auto alipay = *PublicKey::parse(alipay_keys().public_pem);
    EXPECT_TRUE(alipay.verify(content, header(made, "alipay-signature"), SignType::rsa2));
    EXPECT_EQ(desk_.trades(1).front().order.notify_url, "http://127.0.0.1:9/notify");
    EXPECT_THAT(post("trade/query", {{"out_trade_no", "T_1"}}).body, HasSubstr("WAIT_BUYER_PAY"));
}

TEST_F(ApiV3, FailuresAreStatusesWithoutASignature) {
    const auto missing = post("trade/query", {{"out_trade_no", "T_9"}});
    EXPECT_EQ(missing.status, 400);
    EXPECT_THAT(missing.body, HasSubstr(R"("code":"ACQ.TRADE_NOT_EXIST")"));
    EXPECT_EQ(header(missing, "alipay-signature"), "");
    desk_.faults().set(
        {.rules = {
             {.on = "*", .action = config::FaultAction::refuse, .sub_code = "aop.unknow-error"}}});
    const auto unclear = post("trade/query", {{"out_trade_no", "T_9"}});
    EXPECT_EQ(unclear.status, 500);
    EXPECT_THAT(unclear.body, HasSubstr(R"("code":"unknow-error")"));
}

TEST_F(ApiV3, TimestampsBeyondAllTimeAreNone) {
    const std::string body = R"({"out_trade_no":"T_9"})";
    for (const char* text : {"-9223372036854775808", "9223372036854775807", "-1"}) {
        EXPECT_EQ(refused(request("POST", kQueryPath, body, {.timestamp = text})),
                  "invalid-timestamp")
            << text;
    }
}

TEST_F(ApiV3, NoAppAuthTokenIsAnybodys) {
    EXPECT_EQ(refused(request("POST", kQueryPath, R"({"out_trade_no":"T_9"})",
                              {.app_auth_token = "202611BB01"})),
              "invalid-app-auth-token");
}

TEST_F(ApiV3, RefusesWhatIsNotSignedAsItStands) {
    const std::string path = kQueryPath;
    const std::string body = R"({"out_trade_no":"T_9"})";
    const auto good = request("POST", path, body);
    EXPECT_EQ(refused(good), "ACQ.TRADE_NOT_EXIST");
    auto changed = good;
    changed.body = R"({"out_trade_no":"T_8"})";
    EXPECT_EQ(refused(changed), "invalid-signature");
    changed = good;
    changed.target += "?a=b";
    EXPECT_EQ(refused(changed), "invalid-signature");
    changed = good;
    changed.headers.emplace_back("alipay-app-auth-token", "token");
    EXPECT_EQ(refused(changed), "invalid-signature");
    changed = good;
    changed.headers.pop_back();
    EXPECT_EQ(refused(changed), "missing-timestamp");
    EXPECT_EQ(refused(request("POST", path, "[]")), "illegal-json");
    EXPECT_EQ(refused(request("GET", path, "")), "invalid-method");
    EXPECT_EQ(refused(request("POST", "/v3/alipay/trade/page/pay", "{}")), "invalid-method");
    clock_.pass(minutes(10) + std::chrono::milliseconds(1));
    EXPECT_EQ(refused(good), "illegal-timestamp");
}

TEST_F(ApiV3, BillsAreAskedForInTheQuery) {
    const auto answer = *desk_
                             .answer_v3(request("GET",
                                                "/v3/alipay/data/dataservice/bill/downloadurl/query"
                                                "?bill_type=trade&bill_date=2026-11-09",
                                                ""))
                             .answer;
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"BILL_NOT_EXIST")"));
}

}  // namespace
}  // namespace tollgate::sandbox
