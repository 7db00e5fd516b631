// Certificate mode of the pretend Alipay: what it demands of requests, what it names in answers and
// notifications, and how it renews its certificate. The chain is the product's own demo chain, and
// the product's reading of it is the second opinion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/base64.h"
#include "sandbox/certificate.h"
#include "sandbox/content.h"
#include "signing/certificate.h"
#include "signing/demo_chain.h"
#include "tests/sandbox/desk_world.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

using testing::HasSubstr;

constexpr const char* kDownload = "alipay.open.app.alipaycert.download";

const signing::DemoChain& chain() {
    static const signing::DemoChain made =
        *signing::make_demo_chain({.app_id = kAppId, .seller_id = kSellerId, .valid_from = kNow});
    return made;
}

std::string pem_of(const signing::PrivateKey& key) {
    return std::string(key.to_pkcs8_pem().reveal());
}

std::string sn_of(const std::string& file) {
    return signing::Certificate::parse_all(file)->front().sn();
}

std::string roots_sn() {
    return signing::root_cert_sn(*signing::Certificate::parse_all(chain().roots));
}

config::SandboxAlipay settings(const std::string& notification_cert_sn = "signed") {
    config::SandboxAlipay made;
    made.private_key = Secret(pem_of(chain().alipay_key));
    made.notification_cert_sn = notification_cert_sn;
    made.apps.push_back({.app_id = kAppId, .seller_id = kSellerId, .name = "Green Bamboo"});
    made.apps.back().certificates = {.app = chain().app_certificate,
                                     .alipay = chain().alipay_certificates,
                                     .root = chain().roots};
    return made;
}

class InCertificateMode : public testing::Test {
protected:
    static Fields names() {
        return {{"app_cert_sn", sn_of(chain().app_certificate)},
                {"alipay_root_cert_sn", roots_sn()}};
    }
    transport::ServerResponse ask(const std::string& method, const std::string& biz) {
        return world_.v2(method, {.biz_content = biz, .more = names()});
    }
    std::string current_sn() { return texts_of(ask(kQuery, kNobodys)).alipay_cert_sn; }
    static bool alipay_signed(const std::string& content, const std::string& sign) {
        const auto key = *PublicKey::parse(chain().alipay_key.public_half().to_spki_pem());
        return key.verify(content, sign, SignType::rsa2).has_value();
    }

    DeskWorld world_{settings(), pem_of(chain().app_key)};
};

TEST(CertificateReading, AgreesWithTheProductsOwn) {
    for (const std::string& file : {chain().app_certificate, chain().roots}) {
        const auto mine = read_certificates(file);
        const auto theirs = signing::Certificate::parse_all(file);
        ASSERT_TRUE(mine);
        ASSERT_EQ(mine->size(), 2U);
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_EQ((*mine)[i].sn, (*theirs)[i].sn());
            EXPECT_EQ((*mine)[i].valid_from, (*theirs)[i].valid_from());
            EXPECT_EQ((*mine)[i].valid_until, (*theirs)[i].valid_until());
        }
    }
    EXPECT_EQ(root_cert_sn(*read_certificates(chain().roots)), roots_sn());
    EXPECT_EQ(roots_sn().size(), 32U) << "the root of elliptic curves does not count";
    EXPECT_FALSE(read_certificates("no certificate"));
    const std::string damaged = chain().app_certificate.substr(0, 400);
    EXPECT_FALSE(read_certificates(damaged));
}

TEST_F(InCertificateMode, AnswersNameTheCertificateThatSigned) {
    const auto texts = texts_of(ask(kQuery, kNobodys));
    EXPECT_THAT(texts.node, HasSubstr("ACQ.TRADE_NOT_EXIST"));
    EXPECT_EQ(texts.alipay_cert_sn, sn_of(chain().alipay_certificates[0]));
    EXPECT_TRUE(alipay_signed(texts.node, texts.sign));
}

TEST_F(InCertificateMode, DemandsBothSerialNamesAndTheRightOnes) {
    const auto code = [this](const Fields& more) {
        return sub_code_of(world_.v2(kQuery, {.biz_content = kNobodys, .more = more}));
    };
    const std::string other(32, 'a');
    EXPECT_EQ(code(names()), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(code({}), "isv.missing-app-cert-sn");
    EXPECT_EQ(code(without(names(), "app_cert_sn")), "isv.missing-app-cert-sn");
    EXPECT_EQ(code(without(names(), "alipay_root_cert_sn")), "isv.missing-alipay-root-cert-sn");
    EXPECT_EQ(code(with(names(), "app_cert_sn", other)), "isv.app-cert-not-exist");
    EXPECT_EQ(code(with(names(), "alipay_root_cert_sn", other)), "isv.invalid-alipay-root-cert-sn");
    world_.clock.pass(std::chrono::hours(24 * 365 * 5 + 1));
    EXPECT_EQ(code(names()), "isv.app-cert-expired");
}

TEST_F(InCertificateMode, AnAppInKeyModeHasNoCertificate) {
    config::SandboxAlipay key_mode;
    key_mode.private_key = Secret(alipay_keys().private_pem);
    key_mode.apps.push_back({.app_id = kAppId,
                             .seller_id = kSellerId,
                             .app_public_key = app_keys().public_pem,
                             .name = "Green Bamboo"});
    DeskWorld world(key_mode, app_keys().private_pem);
    EXPECT_EQ(sub_code_of(world.v2(kQuery, {.biz_content = kNobodys, .more = names()})),
              "isv.app-cert-not-exist");
    const auto plain = world.v2(kQuery, {.biz_content = kNobodys});
    EXPECT_EQ(texts_of(plain).alipay_cert_sn, "");
    EXPECT_EQ(world.desk->console_renews_certificate(kAppId).error().code(), ErrorCode::not_found);
}

TEST_F(InCertificateMode, HandsOutItsCertificatesAndNoOthers) {
    for (const std::string& file : chain().alipay_certificates) {
        const auto answer = ask(kDownload, R"({"alipay_cert_sn":")" + sn_of(file) + R"("})");
        const auto node = *parse_object(texts_of(answer).node);
        EXPECT_EQ(*from_base64(*text_member(node, "alipay_cert_content")), file);
    }
    const auto none = ask(kDownload, R"({"alipay_cert_sn":")" + std::string(32, 'a') + R"("})");
    EXPECT_EQ(sub_code_of(none), "isv.alipay-cert-not-exist");
}

TEST_F(InCertificateMode, IsRenewedWhileItRuns) {
    for (std::size_t i = 1; i < chain().alipay_certificates.size(); ++i) {
        const std::string next = sn_of(chain().alipay_certificates[i]);
        EXPECT_EQ(*world_.desk->console_renews_certificate(kAppId), next);
        EXPECT_EQ(current_sn(), next);
    }
    const auto none_left = world_.desk->console_renews_certificate(kAppId);
    ASSERT_FALSE(none_left);
    EXPECT_EQ(none_left.error().code(), ErrorCode::failed_precondition);
    EXPECT_EQ(current_sn(), sn_of(chain().alipay_certificates.back()));
}

// A paid trade's notification, by each way in which it may name its certificate.
Fields notification(DeskWorld& world, const Fields& names) {
    world.v2("alipay.trade.create",
             {.biz_content = R"({"out_trade_no":"T_1","total_amount":"88.80","subject":"tea",)"
                             R"("buyer_id":"2088102146225135"})",
              .more = names});
    EXPECT_TRUE(world.desk->buyer_pays(world.desk->trades(1).front().trade_no));
    const auto told = world.notifications();
    EXPECT_EQ(told.size(), 1U);
    return told.at(0);
}

TEST_F(InCertificateMode, NotificationsNameItAsTheSettingsSay) {
    const auto is_signed = [](const Fields& fields) {
        return alipay_signed(canonical_content(fields, ContentRule::notification),
                             value_of(fields, "sign"));
    };
    const std::string sn = sn_of(chain().alipay_certificates[0]);
    const Fields whole = notification(world_, names());
    EXPECT_EQ(value_of(whole, "alipay_cert_sn"), sn);
    EXPECT_TRUE(is_signed(whole));

    DeskWorld beside(settings("unsigned"), pem_of(chain().app_key));
    const Fields half = notification(beside, names());
    EXPECT_EQ(value_of(half, "alipay_cert_sn"), sn);
    EXPECT_FALSE(is_signed(half));
    EXPECT_TRUE(is_signed(without(half, "alipay_cert_sn")));

    DeskWorld absent(settings("none"), pem_of(chain().app_key));
    const Fields none = notification(absent, names());
    EXPECT_FALSE(has_field(none, "alipay_cert_sn"));
    EXPECT_TRUE(is_signed(none));
}

TEST_F(InCertificateMode, ApiV3NamesThemInItsHeaders) {
    const std::string credentials = ",app_cert_sn=" + sn_of(chain().app_certificate);
    const transport::HeaderList json = {{"Content-Type", "application/json"}};
    transport::HeaderList headers = json;
    headers.emplace_back("alipay-root-cert-sn", roots_sn());
    const std::string body = R"({"total_amount":"88.80","subject":"tea","out_trade_no":"T_1"})";
    const auto made = world_.v3("alipay/trade/precreate",
                                {.body = body, .credentials = credentials, .headers = headers});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(transport::find_header(made.headers, "alipay-sn"),
              sn_of(chain().alipay_certificates[0]));
    EXPECT_THAT(world_.v3("alipay/trade/precreate", {.body = body, .headers = headers}).body,
                HasSubstr(R"("code":"missing-app-cert-sn")"));
    EXPECT_THAT(
        world_.v3("alipay/trade/precreate", {.body = body, .credentials = credentials}).body,
        HasSubstr(R"("code":"missing-alipay-root-cert-sn")"));
    EXPECT_FALSE(has_v3(*find_method(kDownload)));
}

TEST(CertificateSettings, AnotherKeysCertificateIsRefusedByName) {
    auto wrong = settings();
    wrong.private_key = Secret(alipay_keys().private_pem);
    HandClock clock;
    CountingEntropy entropy;
    Log log(-1, clock, LogLevel::error);
    TakingClient http;
    const auto opened = AlipayDesk::open(
        wrong, {.clock = clock, .entropy = entropy, .log = log, .http = http, .wake = [] {}});
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message(),
                HasSubstr(std::string(kAppId) + ": certificates/alipay: is not the certificate"));
}

}  // namespace
}  // namespace tollgate::sandbox
