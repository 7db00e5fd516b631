// Certificate mode: what goes out, what is believed, and how keys change beneath running requests.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "gateway/alipay_certificates.h"
#include "signing/base64.h"
#include "signing/certificate.h"
#include "signing/content.h"
#include "signing/form.h"
#include "tests/gateway/gateway_world.h"
#include "tests/signing/certificates.h"

namespace tollgate {
namespace {

using gateway::AlipayCertificates;
using testing::GatewayWorld;
using testing::HandClock;
using testing::TempFolder;
using testing::test_keys;
using testing::TestLog;

constexpr const char* kSeller = "2088000000000001";

const signing::CertificateWorld& certificates() {
    static const auto made = signing::make_certificate_world(
        {.app_key = &test_keys().app, .alipay_key = &test_keys().alipay});
    return made;
}

std::string sn_of(const signing::IssuedCertificate& certificate) {
    return signing::Certificate::parse_all(certificate.pem)->front().sn();
}

void use_certificates(config::AppSettings& app) {
    app.alipay_public_keys.clear();
    app.certificates = {.app = certificates().app.pem,
                        .alipay = {certificates().alipay_file},
                        .root = certificates().root_file};
}

std::vector<config::AppSettings> app_settings(const signing::PrivateKey& key = test_keys().app) {
    std::vector<config::AppSettings> apps(1);
    apps[0].id = "shop";
    apps[0].app_id = "2021000000000001";
    apps[0].seller_ids = {kSeller};
    apps[0].gateway_url = "http://127.0.0.1:1/gateway.do";
    apps[0].private_key = key.to_pkcs8_pem();
    use_certificates(apps[0]);
    return apps;
}

callbacks::Apps apps_of(const std::vector<config::AppSettings>& settings) {
    std::vector<config::Problem> problems;
    auto apps = callbacks::Apps::from(settings, problems);
    EXPECT_TRUE(apps) << config::to_text(problems);
    return *std::move(apps);
}

TEST(CertificateMode, NamesItsCertificatesInEveryRequest) {
    GatewayWorld world([](config::Settings& settings) { use_certificates(settings.apps[0]); });
    const auto answer = world.create(GatewayWorld::order("T1"));
    ASSERT_EQ(answer.status, 201) << answer.body;
    const std::string url = answer.json()["action"]["url"];
    const auto fields = signing::decode_form(url.substr(url.find('?') + 1));
    ASSERT_TRUE(fields);
    EXPECT_EQ(signing::find(*fields, "app_cert_sn"), sn_of(certificates().app));
    EXPECT_EQ(signing::find(*fields, "alipay_root_cert_sn"), sn_of(certificates().root));
    EXPECT_TRUE(test_keys().app.public_half().verify(signing::request_content(*fields),
                                                     *signing::find(*fields, "sign"),
                                                     signing::SignType::rsa2));
}

TEST(CertificateMode, BelievesNotificationsByEveryCertificateOfAlipays) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    GatewayWorld world([&](config::Settings& settings) {
        use_certificates(settings.apps[0]);
        settings.apps[0].certificates->alipay.push_back(renewed.pem);
    });
    world.create(GatewayWorld::order("T1"));
    world.create(GatewayWorld::order("T2"));
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(
        world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T2"), test_keys().stranger))
            .body,
        "success");
}

// An answer in certificate mode.
transport::ServerResponse certified(const std::string& method, const nlohmann::json& node,
                                    const signing::PrivateKey& key, const std::string& cert_sn) {
    std::string name = method;
    std::ranges::replace(name, '.', '_');
    const std::string text = node.dump();
    return {.status = 200,
            .content_type = "text/html;charset=utf-8",
            .body = "{\"" + name + "_response\":" + text + ",\"alipay_cert_sn\":\"" + cert_sn +
                    "\",\"sign\":\"" + *key.sign(text, signing::SignType::rsa2) + "\"}"};
}

nlohmann::json qr_order(const std::string& number) {
    auto order = GatewayWorld::order(number);
    order["product"] = "qr";
    return order;
}

nlohmann::json precreated(const nlohmann::json& biz) {
    return {{"code", "10000"},
            {"msg", "Success"},
            {"out_trade_no", biz["out_trade_no"]},
            {"qr_code", "https://qr.alipay.com/bax1"}};
}

TEST(CertificateMode, ChoosesTheKeyByTheCertificateThatAnAnswerNames) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    GatewayWorld world([&](config::Settings& settings) {
        use_certificates(settings.apps[0]);
        settings.apps[0].certificates->alipay.push_back(renewed.pem);
    });
    std::string cert_sn = sn_of(renewed);
    world.alipay.script(
        [&](const std::string& method, const nlohmann::json& biz, transport::Ticket ticket) {
            ticket.complete(certified(method, precreated(biz), test_keys().stranger, cert_sn));
        });
    EXPECT_EQ(world.create(qr_order("T1")).status, 201);
    // The other certificate's key did not sign this.
    cert_sn = sn_of(certificates().alipay);
    EXPECT_NE(world.create(qr_order("T2")).status, 201);
    // A success in certificate mode names its certificate.
    cert_sn = "";
    EXPECT_NE(world.create(qr_order("T3")).status, 201);
}

TEST(CertificateMode, FetchesTheCertificateThatAlipayHasRenewed) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    GatewayWorld world([](config::Settings& settings) { use_certificates(settings.apps[0]); });
    std::atomic<int> downloads = 0;
    world.alipay.script([&](const std::string& method, const nlohmann::json& biz,
                            transport::Ticket ticket) {
        nlohmann::json node =
            precreated(biz.contains("out_trade_no") ? biz : nlohmann::json{{"out_trade_no", ""}});
        if (method == "alipay.open.app.alipaycert.download") {
            ++downloads;
            EXPECT_EQ(biz["alipay_cert_sn"], sn_of(renewed));
            node = {{"code", "10000"},
                    {"msg", "Success"},
                    {"alipay_cert_content", signing::to_base64(renewed.pem)}};
        }
        ticket.complete(certified(method, node, test_keys().stranger, sn_of(renewed)));
    });
    EXPECT_EQ(world.create(qr_order("T1")).status, 201);
    EXPECT_EQ(world.create(qr_order("T2")).status, 201);
    EXPECT_EQ(downloads, 1);
    world.create(GatewayWorld::order("T3"));
    EXPECT_EQ(
        world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T3"), test_keys().stranger))
            .body,
        "success");
    // Kept: the next process does not ask again.
    world.restart();
    EXPECT_EQ(world.create(qr_order("T4")).status, 201);
    EXPECT_EQ(downloads, 1);
}

TEST(CertificateMode, BelievesNoAnswerByACertificateThatFailsTheCheck) {
    const auto forged =
        signing::issue({.common_name = "支付宝(中国)网络技术有限公司-2088000000000001",
                        .key = &test_keys().stranger});
    GatewayWorld world([](config::Settings& settings) { use_certificates(settings.apps[0]); });
    world.alipay.script(
        [&](const std::string& method, const nlohmann::json& biz, transport::Ticket ticket) {
            nlohmann::json node;
            if (method == "alipay.open.app.alipaycert.download") {
                node = {{"code", "10000"}, {"alipay_cert_content", signing::to_base64(forged.pem)}};
            } else {
                node = precreated(biz);
            }
            ticket.complete(certified(method, node, test_keys().stranger, sn_of(forged)));
        });
    EXPECT_NE(world.create(qr_order("T1")).status, 201);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
    world.wait_for_log("alipay.certificate_refused");
}

TEST(Apps, GiveWhoeverAskedTheAppAsItWasThen) {
    callbacks::Apps apps = apps_of(app_settings());
    const auto before = apps.find("shop");
    auto changed = app_settings();
    changed[0].certificates.reset();
    changed[0].alipay_public_keys = {test_keys().stranger.public_half().to_spki_pem()};
    ASSERT_TRUE(apps.replace(apps_of(changed)));
    EXPECT_TRUE(before->certificates);
    EXPECT_FALSE(apps.find("shop")->certificates);
    EXPECT_EQ(apps.find("books"), nullptr);
}

TEST(Apps, RefuseAReplacementThatTakesARestart) {
    callbacks::Apps apps = apps_of(app_settings());
    const auto before = apps.find("shop");
    auto settings = app_settings();
    settings[0].id = "books";
    EXPECT_FALSE(apps.replace(apps_of(settings)));
    settings = app_settings();
    settings[0].certificates.reset();
    settings[0].alipay_public_keys = {test_keys().stranger.public_half().to_spki_pem()};
    settings[0].app_id = "2021000000000002";
    EXPECT_FALSE(apps.replace(apps_of(settings)));
    auto two = app_settings();
    for (auto& more : app_settings()) two.push_back(std::move(more));
    two[1].id = "books";
    EXPECT_FALSE(apps.replace(apps_of(two)));
    EXPECT_EQ(apps.find("shop"), before);
}

TEST(Reload, ChangesTheKeysOfTheNextRequestsOnly) {
    GatewayWorld world;
    std::mutex mutex;
    std::optional<transport::Ticket> held;
    std::condition_variable came;
    world.alipay.script([&](const std::string&, const nlohmann::json&, transport::Ticket ticket) {
        const std::lock_guard lock(mutex);
        held = std::move(ticket);
        came.notify_all();
    });
    auto order = GatewayWorld::order("T1");
    order["product"] = "qr";
    std::thread caller([&] {
        EXPECT_EQ(world.create(order).status, 201);  // By the key that it began with.
    });
    {
        std::unique_lock lock(mutex);
        came.wait(lock, [&] { return held.has_value(); });
    }
    world.create(GatewayWorld::order("T2"));
    const std::string by_new_key =
        GatewayWorld::signed_body(GatewayWorld::paid("T2"), test_keys().stranger);
    EXPECT_EQ(world.notify(by_new_key).body, "fail");
    EXPECT_TRUE(world.reload([](config::Settings& settings) {
        settings.apps[0].alipay_public_keys = {test_keys().stranger.public_half().to_spki_pem()};
    }));
    EXPECT_EQ(world.notify(by_new_key).body, "success");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "fail");
    held->complete(testing::ScriptedAlipay::answer("alipay.trade.precreate",
                                                   {{"code", "10000"},
                                                    {"msg", "Success"},
                                                    {"out_trade_no", "T1"},
                                                    {"qr_code", "https://qr.alipay.com/bax1"}}));
    caller.join();
}

TEST(Reload, ChangesNothingWhenSomethingIsWrong) {
    GatewayWorld world;
    world.create(GatewayWorld::order("T1"));
    EXPECT_FALSE(world.reload(
        [](config::Settings& settings) { settings.apps[0].alipay_public_keys = {"no key"}; }));
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
}

// What is asked about certificates that Alipay has renewed.
class Renewal : public ::testing::Test {
protected:
    Renewal() { alipay_.load_kept(); }

    // As if Alipay's download gave this text; how it ended.
    std::string want(const std::string& sn, const std::string& pem) {
        std::string ended = "not at all";
        alipay_.want(
            apps_.find("shop"), sn,
            [&](const callbacks::AppRef&, const std::string&,
                const AlipayCertificates::Content& then) {
                ++downloads_;
                then(signing::to_base64(pem));
            },
            [&](const Result<Done>& done) { ended = done ? "trusted" : done.error().reason(); });
        return ended;
    }
    std::string want(const signing::IssuedCertificate& certificate) {
        return want(sn_of(certificate), certificate.pem);
    }
    bool trusts(const signing::IssuedCertificate& certificate) const {
        return apps_.find("shop")->alipay_key(sn_of(certificate)) != nullptr;
    }
    std::filesystem::path kept(const signing::IssuedCertificate& certificate) const {
        return std::filesystem::path(folder_.file("ledger.db.certificates")) / "shop" /
               (sn_of(certificate) + ".crt");
    }

    TempFolder folder_;
    HandClock clock_;
    TestLog log_{clock_};
    callbacks::Apps apps_ = apps_of(app_settings());
    AlipayCertificates alipay_{folder_.file("ledger.db.certificates"), apps_, clock_, log_.get()};
    int downloads_ = 0;
};

TEST_F(Renewal, TrustsACertificateOfTheSameSubjectAndRoot) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    EXPECT_FALSE(trusts(renewed));
    EXPECT_EQ(want(renewed), "trusted");
    EXPECT_TRUE(trusts(renewed));
    EXPECT_TRUE(trusts(certificates().alipay));  // Two at once.
    EXPECT_EQ(apps_.find("shop")->alipay.alipay.size(), 2U);
    EXPECT_EQ(want(renewed), "trusted");
    EXPECT_EQ(downloads_, 1);
}

TEST_F(Renewal, OutlivesARestartAndAReload) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    want(renewed);
    EXPECT_TRUE(std::filesystem::exists(kept(renewed)));
    callbacks::Apps fresh = apps_of(app_settings());
    AlipayCertificates(folder_.file("ledger.db.certificates"), fresh, clock_, log_.get())
        .load_kept();
    EXPECT_NE(fresh.find("shop")->alipay_key(sn_of(renewed)), nullptr);
    ASSERT_TRUE(apps_.replace(apps_of(app_settings())));
    EXPECT_FALSE(trusts(renewed));
    alipay_.load_kept();
    EXPECT_TRUE(trusts(renewed));
}

TEST_F(Renewal, ForgetsWhatWasChangedOnDisk) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    want(renewed);
    const auto forged =
        signing::issue({.common_name = "支付宝(中国)网络技术有限公司-2088000000000001",
                        .key = &test_keys().stranger});
    std::ofstream(kept(renewed)) << forged.pem;
    callbacks::Apps fresh = apps_of(app_settings());
    AlipayCertificates(folder_.file("ledger.db.certificates"), fresh, clock_, log_.get())
        .load_kept();
    EXPECT_EQ(fresh.find("shop")->alipay.alipay.size(), 1U);
}

TEST_F(Renewal, RefusesEveryOtherCertificate) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    EXPECT_EQ(want(sn_of(certificates().root), renewed.pem), "certificate_wrong_sn");
    // Another merchant's, with the same CA: whoever signs with it is not Alipay.
    const auto merchant =
        signing::issue({.common_name = "2088000000000009-2021000000000009", .serial = 9},
                       &certificates().authority);
    EXPECT_EQ(want(merchant), "certificate_of_another");
    // Another merchant who calls himself Alipay and signs that himself.
    const auto forged = signing::issue(
        {.common_name = "支付宝(中国)网络技术有限公司-2088000000000001", .serial = 10}, &merchant);
    EXPECT_EQ(want(sn_of(forged), forged.pem + merchant.pem), "certificate_not_authority");
    const auto stranger =
        signing::issue({.common_name = "支付宝(中国)网络技术有限公司-2088000000000001"});
    EXPECT_EQ(want(stranger), "certificate_issuer_unknown");
    const auto expired =
        signing::issue({.common_name = "支付宝(中国)网络技术有限公司-2088000000000001",
                        .serial = 11,
                        .valid_until = {clock_.now().ms - 1000}},
                       &certificates().authority);
    EXPECT_EQ(want(expired), "certificate_expired");
    EXPECT_EQ(want(sn_of(renewed), "nonsense"), "certificate_unreadable");
    EXPECT_EQ(want("../../etc/passwd", renewed.pem), "certificate_wrong_sn");
    EXPECT_EQ(apps_.find("shop")->alipay.alipay.size(), 1U);
    EXPECT_FALSE(std::filesystem::exists(kept(renewed).parent_path()));
}

TEST_F(Renewal, DownloadsOnceForAllWhoWait) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    std::vector<AlipayCertificates::Content> open;
    int trusted = 0;
    for (int i = 0; i < 3; ++i) {
        alipay_.want(
            apps_.find("shop"), sn_of(renewed),
            [&](const callbacks::AppRef&, const std::string&, AlipayCertificates::Content then) {
                open.push_back(std::move(then));
            },
            [&](const Result<Done>& done) { trusted += done ? 1 : 0; });
    }
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(trusted, 0);
    open[0](signing::to_base64(renewed.pem));
    EXPECT_EQ(trusted, 3);
}

TEST_F(Renewal, TriesAgainAfterADownloadThatFailed) {
    const auto renewed = signing::renewed_alipay(certificates(), test_keys().stranger, 6, kSeller);
    std::string ended;
    alipay_.want(
        apps_.find("shop"), sn_of(renewed),
        [](const callbacks::AppRef&, const std::string&, const AlipayCertificates::Content& then) {
            then(Error(ErrorCode::unavailable, "away"));
        },
        [&](const Result<Done>& done) { ended = done ? "trusted" : done.error().message(); });
    EXPECT_EQ(ended, "away");
    EXPECT_EQ(want(renewed), "trusted");
}

}  // namespace
}  // namespace tollgate
