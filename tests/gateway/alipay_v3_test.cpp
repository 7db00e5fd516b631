// API v3 and content encryption, chosen per app: what goes out, and what is believed.
#include <gtest/gtest.h>

#include "gateway/alipay/v3.h"
#include "signing/content_cipher.h"
#include "tests/gateway/alipay_world.h"
#include "tests/gateway/method_cases.h"
#include "tests/gateway/v3_alipay.h"

namespace tollgate {
namespace {

using gateway::AnswerKind;
using gateway::find_method;
using gateway::Way3;
using nlohmann::json;
using testing::AlipayWorld;
using testing::kNotifyUrl;
using testing::method_cases;
using testing::MethodCase;
using testing::ScriptedAlipay;
using testing::V3Alipay;

constexpr const char* kContentKey = "MDEyMzQ1Njc4OWFiY2RlZg==";

struct V3World {
    explicit V3World(const std::string& encrypt_type = "")
        : world([&](config::AppSettings& app) {
              app.api = "v3";
              app.gateway_url = alipay.gateway_url();
              if (encrypt_type.empty()) return;
              app.encrypt_key = Secret(kContentKey);
              app.encrypt_type = encrypt_type;
          }) {}

    Result<gateway::AlipayAnswer> call(const MethodCase& one) {
        return world.call(one.method, json::parse(one.fields),
                          one.with_notify_url ? kNotifyUrl : "");
    }

    V3Alipay alipay;
    AlipayWorld world;
};

std::vector<MethodCase> cases_of(Way3 way) {
    std::vector<MethodCase> cases;
    for (const MethodCase& one : method_cases()) {
        if (find_method(one.method)->v3 == way) cases.push_back(one);
    }
    return cases;
}

// As v3 has it: without code and msg.
std::string done_body(const MethodCase& one) {
    auto node = json::parse(one.done);
    node.erase("code");
    return node.dump();
}

TEST(V3, SendsTheFieldsAsASignedJsonBody) {
    V3World world;
    for (const MethodCase& one : cases_of(Way3::post)) {
        SCOPED_TRACE(one.method);
        world.alipay.answer_with({.body = done_body(one)});
        const auto answer = world.call(one);
        ASSERT_TRUE(answer) << answer.error().message();
        EXPECT_EQ(answer->kind, AnswerKind::done);
        const auto request = world.alipay.requests().back();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.target, gateway::v3_path(*find_method(one.method)));
        auto wanted = json::parse(one.fields);
        if (one.with_notify_url) wanted["notify_url"] = kNotifyUrl;
        EXPECT_EQ(request.body, wanted.dump());
        EXPECT_EQ(request.header("content-type"), "application/json");
        EXPECT_EQ(request.header("alipay-request-id").size(), 32U);
        EXPECT_NE(request.header("authorization").find("timestamp=1794326400000"),
                  std::string::npos);
    }
    EXPECT_NE(world.alipay.requests()[0].header("authorization"),
              world.alipay.requests()[1].header("authorization"));
    EXPECT_TRUE(world.alipay.v2_methods().empty());
}

TEST(V3, ActsForAMerchantByHisToken) {
    V3Alipay alipay;
    AlipayWorld world([&](config::AppSettings& app) {
        app.api = "v3";
        app.gateway_url = alipay.gateway_url();
        app.app_auth_token = Secret("201509BBeff9351a");
    });
    for (const Way3 way : {Way3::post, Way3::get}) {
        for (const MethodCase& one : cases_of(way)) {
            SCOPED_TRACE(one.method);
            alipay.answer_with({.body = done_body(one)});
            ASSERT_TRUE(world.call(one.method, json::parse(one.fields)));
            // The signature over its line has been checked by the pretend Alipay.
            EXPECT_EQ(alipay.requests().back().header("alipay-app-auth-token"), "201509BBeff9351a");
        }
    }
}

TEST(V3, SendsAGetsFieldsInItsQuery) {
    V3World world;
    const auto cases = cases_of(Way3::get);
    ASSERT_EQ(cases.size(), 1U);
    world.alipay.answer_with({.body = done_body(cases[0])});
    ASSERT_TRUE(world.call(cases[0]));
    const auto request = world.alipay.requests().back();
    EXPECT_EQ(request.method + " " + request.target,
              "GET /v3/alipay/data/dataservice/bill/downloadurl/query?"
              "bill_date=2026-11-10&bill_type=trade");
    EXPECT_EQ(request.body, "");
}

TEST(V3, LeavesToV2WhatHasNoPathThere) {
    V3World world;
    for (const MethodCase& one : cases_of(Way3::none)) {
        world.alipay.answer_v2_with(json::parse(one.done));
        EXPECT_TRUE(world.call(one)) << one.method;
    }
    EXPECT_EQ(world.alipay.v2_methods(),
              std::vector<std::string>{"alipay.open.app.alipaycert.download"});
    EXPECT_TRUE(world.alipay.requests().empty());
}

TEST(V3, SortsEachAnswerIntoItsKind) {
    V3World world;
    for (const Way3 way : {Way3::post, Way3::get}) {
        for (const MethodCase& one : cases_of(way)) {
            SCOPED_TRACE(one.method);
            const auto kind = [&](int status, const json& body) {
                world.alipay.answer_with({.status = status, .body = body.dump()});
                const auto answer = world.call(one);
                EXPECT_TRUE(answer) << answer.error().message();
                return answer ? name_of(answer->kind) : "none";
            };
            EXPECT_EQ(kind(400, {{"code", one.refused}, {"message", "no"}}), "refused");
            EXPECT_EQ(kind(429, {{"code", "app-call-limited"}, {"message", "slow down"}}), "wait");
            EXPECT_EQ(kind(500, {{"code", "unknow-error"}, {"message", "?"}}), "unknown");
            EXPECT_EQ(kind(400, {{"code", "ACQ.SYSTEM_ERROR"}, {"message", "?"}}), "unknown");
            EXPECT_EQ(kind(202, json::parse(done_body(one))), "wait");
        }
    }
}

// Alipay signs no failure of v3, so that none may settle anything by itself.
TEST(V3, AsksOverV2WhenAFailureIsNotSignedAndAskingCostsNothing) {
    V3World world;
    const json refusal{{"code", "40004"}, {"sub_code", "ACQ.TRADE_NOT_EXIST"}};
    world.alipay.answer_v2_with(refusal);
    world.alipay.answer_with({.status = 400,
                              .body = R"({"code":"ACQ.TRADE_NOT_EXIST","message":"no"})",
                              .is_signed = false});
    const auto asked = world.world.call("alipay.trade.query", {{"out_trade_no", "T_1"}});
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->kind, AnswerKind::refused);
    EXPECT_TRUE(asked->is_signed);
    EXPECT_EQ(world.alipay.v2_methods(), std::vector<std::string>{"alipay.trade.query"});

    const auto closed = world.world.call("alipay.trade.close", {{"out_trade_no", "T_1"}});
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->kind, AnswerKind::unknown);
    EXPECT_EQ(closed->sub_code, "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(world.alipay.v2_methods().size(), 1U) << "a change is never sent twice by itself";
}

// What Alipay refuses must end some time: over v3 it would be refused, and repeated, for ever.
TEST(V3, LeavesEachRepeatToV2WhoseRefusalsAreSigned) {
    V3World world;
    for (const MethodCase& one : cases_of(Way3::post)) {
        for (const bool is_repeat : {false, true}) {
            const auto prepared =
                world.world.client.prepare({.app = world.world.apps->find("shop"),
                                            .method = one.method,
                                            .biz_content = json::parse(one.fields),
                                            .notify_url = one.with_notify_url ? kNotifyUrl : "",
                                            .request_id = "r1",
                                            .is_repeat = is_repeat});
            ASSERT_TRUE(prepared) << prepared.error().message();
            EXPECT_EQ(prepared->over_v3, !is_repeat) << one.method;
        }
    }
}

TEST(V3, BelievesNothingElse) {
    V3World world;
    const MethodCase one = cases_of(Way3::post).front();
    const auto lost = [&](const V3Alipay::Reply& reply) {
        world.alipay.answer_with(reply);
        const auto answer = world.call(one);
        return !answer && answer.error().code() == ErrorCode::outcome_unknown;
    };
    EXPECT_TRUE(lost({.body = done_body(one), .is_signed = false})) << "a success is signed";
    EXPECT_TRUE(lost({.status = 502, .body = "bad gateway", .is_signed = false}));
    EXPECT_TRUE(lost({.status = 200, .body = "[]"}));
    auto other = json::parse(done_body(one));
    other["out_trade_no"] = "T_2";
    EXPECT_TRUE(lost({.body = other.dump()})) << "another number";
    EXPECT_TRUE(lost({.body = R"({"out_trade_no":"T_1"})"})) << "no qr_code";
}

signing::ContentKey content_key(signing::EncryptType type) {
    return *signing::ContentKey::parse(kContentKey, type);
}

TEST(Encryption, CoversTheBodyAndTheAnswerOfV3) {
    for (const char* type : {"AES", "AES_V2", "SM4"}) {
        SCOPED_TRACE(type);
        V3World world(type);
        testing::CountingEntropy entropy;
        const auto key = content_key(*signing::encrypt_type_from(type));
        for (const MethodCase& one : cases_of(Way3::post)) {
            const bool encrypted = find_method(one.method)->encryptable;
            const std::string body = done_body(one);
            world.alipay.answer_with({.body = encrypted ? key.encrypt(body, entropy) : body});
            const auto answer = world.call(one);
            ASSERT_TRUE(answer) << one.method << answer.error().message();
            EXPECT_EQ(answer->kind, AnswerKind::done);
            const auto request = world.alipay.requests().back();
            EXPECT_EQ(request.header("alipay-encrypt-type"), encrypted ? type : "");
            EXPECT_EQ(request.header("content-type"),
                      encrypted ? "text/plain" : "application/json");
            auto wanted = json::parse(one.fields);
            if (one.with_notify_url) wanted["notify_url"] = kNotifyUrl;
            const auto came = encrypted ? key.decrypt(request.body) : request.body;
            ASSERT_TRUE(came);
            EXPECT_EQ(*came, wanted.dump());
        }
    }
}

struct EncryptedWorld {
    EncryptedWorld()
        : world([](config::AppSettings& app) { app.encrypt_key = Secret(kContentKey); }) {}

    // `node_text` as it stands in the answer, rightly signed.
    void answer_with(const std::string& node_text) {
        world.answer_with_body(
            200, R"({"alipay_trade_query_response":)" + node_text + R"(,"sign":")" +
                     *testing::test_keys().alipay.sign(node_text, signing::SignType::rsa2) + "\"}");
    }
    Result<gateway::AlipayAnswer> query() {
        return world.call("alipay.trade.query", {{"out_trade_no", "T_1"}});
    }

    AlipayWorld world;
    signing::ContentKey key = content_key(signing::EncryptType::aes);
    testing::CountingEntropy entropy;
};

TEST(Encryption, CoversBizContentOfV2) {
    EncryptedWorld encrypted;
    const std::string plain =
        R"({"code":"10000","out_trade_no":"T_1","trade_status":"TRADE_SUCCESS"})";
    encrypted.answer_with("\"" + encrypted.key.encrypt(plain, encrypted.entropy) + "\"");
    const auto answer = encrypted.query();
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->text("trade_status"), "TRADE_SUCCESS");
    const auto request = encrypted.world.alipay.requests().back();
    EXPECT_EQ(signing::find(request.query, "encrypt_type"), "AES");
    const auto sent =
        encrypted.key.decrypt(signing::find(request.body, "biz_content").value_or(""));
    ASSERT_TRUE(sent);
    EXPECT_EQ(*sent, R"({"out_trade_no":"T_1"})");
    // What Alipay cannot decrypt it answers in the open, signed.
    encrypted.answer_with(R"({"code":"40003","sub_code":"isv.decryption-error-unknown"})");
    ASSERT_TRUE(encrypted.query());
    EXPECT_EQ(encrypted.query()->kind, AnswerKind::refused);
}

TEST(Encryption, ProvesNothing) {
    EncryptedWorld encrypted;
    const std::string plain =
        R"({"code":"10000","out_trade_no":"T_1","trade_status":"TRADE_SUCCESS"})";
    const std::string node = "\"" + encrypted.key.encrypt(plain, encrypted.entropy) + "\"";
    const auto lost = [&] {
        const auto answer = encrypted.query();
        return !answer && answer.error().code() == ErrorCode::outcome_unknown;
    };
    encrypted.world.answer_with_body(
        200, R"({"alipay_trade_query_response":)" + node + R"(,"sign":""})");
    EXPECT_TRUE(lost()) << "encrypted, and signed by nobody";
    // Signed without its quotes, which the signature has to cover.
    encrypted.world.answer_with_body(
        200, R"({"alipay_trade_query_response":)" + node + R"(,"sign":")" +
                 *testing::test_keys().alipay.sign(node.substr(1, node.size() - 2),
                                                   signing::SignType::rsa2) +
                 "\"}");
    EXPECT_TRUE(lost());
    encrypted.answer_with("\"AAAAAAAAAAAAAAAAAAAAAA==\"");
    EXPECT_TRUE(lost()) << "of another key";
    AlipayWorld without_key;
    without_key.answer_with_body(200, ScriptedAlipay::answer("alipay.trade.query", "AAAA").body);
    EXPECT_FALSE(without_key.call("alipay.trade.query", {{"out_trade_no", "T_1"}}));
}

TEST(Encryption, CoversWhatBrowsersAndAppsCarry) {
    EncryptedWorld encrypted;
    const auto fields = gateway::sign_carried({.app = &*encrypted.world.apps->find("shop"),
                                               .method = "alipay.fund.auth.order.app.freeze",
                                               .biz_content = {{"out_order_no", "O_1"},
                                                               {"out_request_no", "R_1"},
                                                               {"order_title", "押金"},
                                                               {"amount", "100.00"},
                                                               {"product_code", "PRE_AUTH_ONLINE"}},
                                               .notify_url = kNotifyUrl,
                                               .return_url = "",
                                               .now = encrypted.world.clock.now()},
                                              encrypted.entropy);
    ASSERT_TRUE(fields) << fields.error().message();
    EXPECT_EQ(signing::find(*fields, "encrypt_type"), "AES");
    const auto plain = encrypted.key.decrypt(signing::find(*fields, "biz_content").value_or(""));
    ASSERT_TRUE(plain);
    EXPECT_EQ(json::parse(*plain)["order_title"], "押金");
}

}  // namespace
}  // namespace tollgate
