// Certificate mode at the client: an answer names the certificate that signed it, and one that the
// app does not have yet is fetched, checked and used.
#include <gtest/gtest.h>

#include "gateway/alipay_certificates.h"
#include "signing/base64.h"
#include "signing/certificate.h"
#include "tests/gateway/alipay_world.h"
#include "tests/signing/certificates.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::AlipayWorld;
using testing::test_keys;

std::string sn_of(const signing::IssuedCertificate& certificate) {
    return signing::Certificate::parse_all(certificate.pem)->front().sn();
}

struct CertificateMode {
    CertificateMode()
        : files(signing::make_certificate_world(
              {.app_key = &test_keys().app, .alipay_key = &test_keys().alipay})),
          world([&](config::AppSettings& app) {
              app.alipay_public_keys.clear();
              app.certificates = {
                  .app = files.app.pem, .alipay = {files.alipay_file}, .root = files.root_file};
          }),
          kept(folder.file("certificates"), *world.apps, world.clock, world.log.get()) {
        world.client.fetch_certificates(kept);
    }

    // Queries are signed by `key` under this SN; a download gives `fresh`.
    void answer(const signing::PrivateKey& key, const std::string& sn,
                const std::string& fresh = "") {
        world.alipay.script([&key, sn, fresh](const std::string& method, const json&,
                                              transport::Ticket ticket) {
            const bool download = method == "alipay.open.app.alipaycert.download";
            const json node = download ? json{{"code", "10000"},
                                              {"alipay_cert_content", signing::to_base64(fresh)}}
                                       : json{{"code", "10000"},
                                              {"out_trade_no", "T_1"},
                                              {"trade_status", "WAIT_BUYER_PAY"}};
            std::string name = method + "_response";
            std::ranges::replace(name, '.', '_');
            std::string body = "{\"" + name + "\":" + node.dump();
            if (!download) {
                body += R"(,"alipay_cert_sn":")" + sn + R"(","sign":")" +
                        *key.sign(node.dump(), signing::SignType::rsa2) + "\"";
            }
            ticket.complete({.status = 200, .body = body + "}"});
        });
    }
    Result<gateway::AlipayAnswer> query() {
        return world.call("alipay.trade.query", {{"out_trade_no", "T_1"}});
    }

    testing::TempFolder folder;
    signing::CertificateWorld files;
    AlipayWorld world;
    gateway::AlipayCertificates kept;
};

TEST(CertificateMode, SendsItsSerialNames) {
    CertificateMode mode;
    mode.answer(test_keys().alipay, sn_of(mode.files.alipay));
    ASSERT_TRUE(mode.query());
    const auto request = mode.world.alipay.requests().back();
    EXPECT_EQ(signing::find(request.query, "app_cert_sn"), sn_of(mode.files.app));
    EXPECT_EQ(signing::find(request.query, "alipay_root_cert_sn"),
              mode.world.apps->find("shop")->certificates->alipay_root_cert_sn);
}

TEST(CertificateMode, FetchesACertificateThatItDoesNotHave) {
    CertificateMode mode;
    const auto renewed =
        signing::renewed_alipay(mode.files, test_keys().stranger, 77, "2088000000000001");
    mode.answer(test_keys().stranger, sn_of(renewed), renewed.pem + mode.files.authority.pem);
    const auto answer = mode.query();
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->kind, gateway::AnswerKind::done);
    EXPECT_TRUE(mode.query()) << "and keeps it";
    const auto calls = mode.world.alipay.calls();
    ASSERT_EQ(calls.size(), 3U);
    EXPECT_TRUE(calls[1].starts_with("alipay.open.app.alipaycert.download"));
}

TEST(CertificateMode, BelievesTheNamedCertificateAlone) {
    CertificateMode mode;
    mode.answer(test_keys().stranger, sn_of(mode.files.alipay));
    EXPECT_FALSE(mode.query()) << "another key than the certificate's";
    mode.answer(test_keys().alipay, "");
    EXPECT_FALSE(mode.query()) << "a success that names no certificate";
    // What cannot be had or is not trusted leaves the outcome unknown.
    const auto foreign = signing::make_certificate_world({.alipay_key = &test_keys().stranger});
    mode.answer(test_keys().stranger, sn_of(foreign.alipay), foreign.alipay_file);
    const auto answer = mode.query();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::outcome_unknown);
}

}  // namespace
}  // namespace tollgate
