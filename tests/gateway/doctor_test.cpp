// What `tollgate doctor` finds: a test for each finding, with the mistake made on purpose.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "gateway/doctor/address_checks.h"
#include "gateway/doctor/key_checks.h"
#include "gateway/doctor/online_check.h"
#include "signing/base64.h"
#include "signing/certificate.h"
#include "tests/gateway/gateway_world.h"
#include "tests/signing/certificates.h"
#include "tests/signing/keys.h"

namespace tollgate::gateway {
namespace {

using testing::test_keys;

constexpr Timestamp kNow{1'800'000'000'000};
constexpr std::int64_t kDayMs = 86'400'000;
constexpr const char* kProduction = "https://openapi.alipay.com/gateway.do";
constexpr const char* kSandbox = "https://openapi-sandbox.dl.alipaydev.com/gateway.do";

std::string bare(const Secret& secret) {
    return std::string(secret.reveal());
}

config::AppSettings good_app() {
    config::AppSettings app;
    app.id = "shop";
    app.app_id = "2021000000000001";
    app.seller_ids = {"2088000000000001"};
    app.gateway_url = kProduction;
    app.private_key = test_keys().app.to_pkcs8_pem();
    app.alipay_public_keys = {test_keys().alipay.public_half().to_bare()};
    return app;
}

// "error key_truncated", in the order they were found.
std::vector<std::string> codes(const Findings& findings) {
    std::vector<std::string> codes;
    for (const Finding& finding : findings) {
        EXPECT_FALSE(finding.english.empty()) << finding.code;
        // Real Chinese, not the English again.
        EXPECT_TRUE(std::ranges::any_of(finding.chinese, [](char c) { return c < 0; }))
            << finding.code;
        codes.push_back(std::string(name_of(finding.severity)) + " " + finding.code);
    }
    return codes;
}

using Codes = std::vector<std::string>;

Codes key_codes(const std::string& private_key, const std::string& console = "") {
    auto app = good_app();
    app.private_key = Secret(private_key);
    return codes(check_keys(app, "/apps/0", console));
}

Codes alipay_key_codes(const std::string& alipay_key) {
    auto app = good_app();
    app.alipay_public_keys = {alipay_key};
    return codes(check_keys(app, "/apps/0", ""));
}

TEST(DoctorKeys, HasNothingToSayAboutGoodOnes) {
    EXPECT_EQ(codes(check_keys(good_app(), "/apps/0", test_keys().app.public_half().to_bare())),
              Codes{});
    EXPECT_EQ(key_codes(bare(test_keys().app.to_pkcs1_bare())), Codes{});
}

TEST(DoctorKeys, NamesWhatIsWrongWithThePrivateKey) {
    const std::string whole = bare(test_keys().app.to_pkcs8_pem());
    EXPECT_EQ(key_codes(""), Codes{"error key_missing"});
    EXPECT_EQ(key_codes(whole.substr(0, whole.size() / 2)), Codes{"error key_truncated"});
    EXPECT_EQ(key_codes(bare(test_keys().app.to_pkcs8_bare()).substr(0, 400)),
              Codes{"error key_truncated"});
    EXPECT_EQ(key_codes(test_keys().app.public_half().to_bare()), Codes{"error key_is_public"});
    EXPECT_EQ(key_codes(signing::short_rsa_private_key()), Codes{"error key_too_short"});
    EXPECT_EQ(key_codes(signing::elliptic_private_key()), Codes{"error key_not_rsa"});
    EXPECT_EQ(key_codes("what is this"), Codes{"error key_unreadable"});
    std::string damaged = *signing::from_base64(bare(test_keys().app.to_pkcs8_bare()));
    damaged[100] = static_cast<char>(damaged[100] ^ 2);  // In the modulus.
    EXPECT_EQ(key_codes(signing::to_base64(damaged)), Codes{"error key_damaged"});
    EXPECT_EQ(key_codes(signing::armoured("ENCRYPTED " + signing::kPrivateLabel, "AAAA")),
              Codes{"error key_encrypted"});
}

TEST(DoctorKeys, NamesABeginLineOfTheOtherForm) {
    EXPECT_EQ(key_codes(signing::armoured(signing::kRsaPrivateLabel,
                                          bare(test_keys().app.to_pkcs8_bare()))),
              Codes{"warning key_label_wrong"});
    EXPECT_EQ(
        key_codes(signing::armoured(signing::kPrivateLabel, bare(test_keys().app.to_pkcs1_bare()))),
        Codes{"warning key_label_wrong"});
    EXPECT_EQ(key_codes(signing::armoured(signing::kRsaPrivateLabel,
                                          bare(test_keys().app.to_pkcs1_bare()))),
              Codes{});
}

TEST(DoctorKeys, NamesAPairThatDoesNotMatch) {
    const std::string whole = bare(test_keys().app.to_pkcs8_pem());
    EXPECT_EQ(key_codes(whole, test_keys().stranger.public_half().to_bare()),
              Codes{"error key_pair_does_not_match"});
    EXPECT_EQ(key_codes(whole, "nonsense"), Codes{"error key_unreadable"});
}

TEST(DoctorKeys, NamesWhatStandsInAlipaysPlace) {
    EXPECT_EQ(alipay_key_codes(test_keys().app.public_half().to_bare()),
              Codes{"error app_key_in_alipays_place"});
    EXPECT_EQ(alipay_key_codes(bare(test_keys().alipay.to_pkcs8_bare())),
              Codes{"error key_is_private"});
    EXPECT_EQ(alipay_key_codes(test_keys().alipay.public_half().to_bare().substr(0, 300)),
              Codes{"error key_truncated"});
    EXPECT_EQ(alipay_key_codes(signing::certificate_pem(test_keys().alipay)),
              Codes{"warning certificate_in_key_mode"});
    auto app = good_app();
    app.sign_type = "RSA";
    EXPECT_EQ(codes(check_keys(app, "/apps/0", "")), Codes{"warning sha1_signatures"});
    app.sign_type = "SM2";
    EXPECT_EQ(codes(check_keys(app, "/apps/0", "")),
              (Codes{"error key_not_sm2", "error key_not_sm2"}));
}

TEST(DoctorKeys, NamesAContentKeyThatIsNone) {
    auto app = good_app();
    app.encrypt_key = Secret(signing::to_base64("0123456789abcdef"));
    EXPECT_EQ(codes(check_keys(app, "/apps/0", "")), Codes{});
    app.encrypt_key = Secret(signing::to_base64("0123456789abcde"));
    EXPECT_EQ(codes(check_keys(app, "/apps/0", "")), Codes{"error content_key_length"});
    app.encrypt_key = Secret("no base64");
    EXPECT_EQ(codes(check_keys(app, "/apps/0", "")), Codes{"error content_key_malformed"});
}

TEST(DoctorKeys, NeverRepeatsAKey) {
    const std::string whole = bare(test_keys().app.to_pkcs8_bare());
    auto app = good_app();
    app.private_key = Secret(whole.substr(0, 800));
    app.alipay_public_keys = {whole};
    const std::string text = to_text(check_keys(app, "/apps/0", ""));
    EXPECT_EQ(text.find(whole.substr(100, 40)), std::string::npos);
}

// --- certificates ---

const signing::CertificateWorld& world() {
    static const auto made = signing::make_certificate_world(
        {.app_key = &test_keys().app, .alipay_key = &test_keys().alipay});
    return made;
}

config::AppSettings certificate_app() {
    auto app = good_app();
    app.alipay_public_keys.clear();
    app.certificates = {
        .app = world().app.pem, .alipay = {world().alipay_file}, .root = world().root_file};
    return app;
}

Codes certificate_codes(const std::function<void(config::AppSettings&)>& change,
                        Timestamp now = kNow) {
    auto app = certificate_app();
    change(app);
    auto found = check_app_certificates(app, "/apps/0", now);
    return codes(found);
}

const Codes kBothValid{"ok certificate_valid", "ok certificate_valid"};

TEST(DoctorCertificates, SaysHowManyDaysTheyHaveLeft) {
    const auto found = check_app_certificates(certificate_app(), "/apps/0", kNow);
    EXPECT_EQ(codes(found), kBothValid);
    EXPECT_NE(found[0].english.find("5787 days"), std::string::npos) << found[0].english;
    EXPECT_EQ(found[1].where, "/apps/0/certificates/alipay/0");
    EXPECT_TRUE(check_app_certificates(good_app(), "/apps/0", kNow).empty());
}

TEST(DoctorCertificates, WarnsBeforeTheyExpire) {
    const auto with_days = [&](std::int64_t days) {
        const auto old = signing::issue({.common_name = "2088000000000001-2021000000000001",
                                         .serial = 40,
                                         .valid_until = {kNow.ms + days * kDayMs},
                                         .key = &test_keys().app},
                                        &world().authority);
        return certificate_codes([&](auto& app) { app.certificates->app = old.pem; });
    };
    EXPECT_EQ(with_days(31)[0], "ok certificate_valid");
    EXPECT_EQ(with_days(29)[0], "warning certificate_expiring");
    EXPECT_EQ(with_days(-1)[0], "error certificate_expired");
    EXPECT_EQ(certificate_codes([](auto&) {}, {1'600'000'000'000})[0],
              "error certificate_not_yet_valid");
}

TEST(DoctorCertificates, NamesTheCertificateOfAnotherKeyAppOrMerchant) {
    const auto other_key =
        signing::issue({.common_name = "2088000000000001-2021000000000001"}, &world().authority);
    EXPECT_EQ(certificate_codes([&](auto& app) { app.certificates->app = other_key.pem; })[0],
              "error key_pair_does_not_match");
    EXPECT_EQ(certificate_codes([](auto& app) { app.app_id = "2021000000000009"; })[0],
              "error certificate_of_another_app");
    const auto other_merchant =
        signing::renewed_alipay(world(), test_keys().alipay, 41, "2088000000000009");
    EXPECT_EQ(certificate_codes([&](auto& app) {
                  app.certificates->alipay = {other_merchant.pem + world().authority.pem};
              })[1],
              "error certificate_of_another_merchant");
    EXPECT_EQ(certificate_codes([](auto& app) { app.certificates->alipay = {world().app.pem}; })[1],
              "error app_key_in_alipays_place");
}

TEST(DoctorCertificates, NamesARootFileOfAnotherWorld) {
    const auto stranger = signing::issue({.common_name = "Other R1", .is_authority = true});
    EXPECT_EQ(certificate_codes([&](auto& app) { app.certificates->root = stranger.pem; }),
              (Codes{"ok certificate_valid", "error certificate_of_another_root",
                     "ok certificate_valid"}));
    const auto elliptic = signing::issue(
        {.common_name = "E1", .is_authority = true, .kind = signing::KeyKind::elliptic});
    EXPECT_EQ(certificate_codes([&](auto& app) { app.certificates->root = elliptic.pem; })[0],
              "error root_file_of_another_kind");
}

TEST(DoctorCertificates, NamesAFileThatHoldsNone) {
    const auto app_file = [](const std::string& text) {
        return certificate_codes([&](auto& app) { app.certificates->app = text; })[0];
    };
    EXPECT_EQ(app_file(""), "error certificate_missing");
    EXPECT_EQ(app_file("nonsense"), "error certificate_unreadable");
    EXPECT_EQ(app_file(world().app.pem.substr(0, 500)), "error certificate_truncated");
    EXPECT_EQ(app_file(test_keys().app.public_half().to_spki_pem()), "error certificate_is_key");
}

// --- addresses ---

Codes gateway_codes(const std::string& url, const std::string& app_id = "2021000000000001") {
    auto app = good_app();
    app.gateway_url = url;
    app.app_id = app_id;
    return codes(check_gateway_address(app, "/apps/0"));
}

TEST(DoctorAddresses, TakesAppAndGatewayOfOneWorld) {
    EXPECT_EQ(gateway_codes(kProduction), Codes{});
    EXPECT_EQ(gateway_codes(kSandbox, "9021000122682882"), Codes{});
    EXPECT_EQ(gateway_codes("http://127.0.0.1:8610/gateway.do"), Codes{});
    EXPECT_EQ(gateway_codes("http://[::1]:8610/gateway.do"), Codes{});
}

TEST(DoctorAddresses, NamesAppsAndGatewaysOfTwoWorlds) {
    EXPECT_EQ(gateway_codes(kProduction, "9021000122682882"),
              Codes{"error sandbox_app_in_production"});
    EXPECT_EQ(gateway_codes(kSandbox), Codes{"error production_app_in_sandbox"});
    EXPECT_EQ(gateway_codes("https://openapi.alipaydev.com/gateway.do"),
              Codes{"error old_sandbox_address"});
    EXPECT_EQ(gateway_codes("https://mapi.alipay.com/gateway.do"), Codes{"error mapi_address"});
    EXPECT_EQ(gateway_codes("http://openapi.alipay.com/gateway.do"),
              Codes{"error gateway_without_tls"});
    EXPECT_EQ(gateway_codes("https://openapi.alipay.com/v3"), Codes{"error gateway_path"});
}

TEST(DoctorAddresses, KnowsASandboxCertificateByItsIssuer) {
    const auto test_ca =
        signing::issue({.common_name = "Ant Financial Certification Authority Class 2 R1 test",
                        .is_authority = true});
    auto app = certificate_app();
    app.certificates->app =
        signing::issue({.common_name = "2088000000000001-2021000000000001"}, &test_ca).pem;
    EXPECT_EQ(codes(check_gateway_address(app, "/apps/0")),
              Codes{"error sandbox_app_in_production"});
}

TEST(DoctorAddresses, NamesADemoKeyOutsideThisMachine) {
    auto app = good_app();
    app.private_key = test_keys().app.to_pkcs8_pem({.with_demo_marker = true});
    EXPECT_EQ(codes(check_gateway_address(app, "/apps/0")), Codes{"error demo_key"});
    app.gateway_url = "http://localhost:8610/gateway.do";
    EXPECT_EQ(codes(check_gateway_address(app, "/apps/0")), Codes{});
}

Codes notify_codes(const std::string& base_url, const std::string& gateway_url = kProduction) {
    config::Settings settings;
    settings.public_door.base_url = base_url;
    settings.apps.push_back(good_app());
    settings.apps[0].gateway_url = gateway_url;
    return codes(check_notify_address(settings));
}

TEST(DoctorAddresses, NamesANotifyUrlThatAlipayCannotUse) {
    EXPECT_EQ(notify_codes("https://pay.example.com"), Codes{});
    EXPECT_EQ(notify_codes("http://pay.example.com"), Codes{"warning notify_url_without_tls"});
    EXPECT_EQ(notify_codes("https://pay.example.com:8443"), Codes{"warning notify_url_port"});
    EXPECT_EQ(notify_codes("https://pay.example.com/?a=1"),
              Codes{"error notify_url_with_parameters"});
    for (const char* host : {"localhost", "127.0.0.1", "10.0.0.5", "192.168.1.9", "[fd00::1]",
                             "pay", "pay.local", "169.254.169.254"}) {
        EXPECT_EQ(notify_codes("https://" + std::string(host)),
                  Codes{"error notify_url_not_public"})
            << host;
    }
    EXPECT_EQ(notify_codes("https://8.8.8.8"), Codes{});
    EXPECT_EQ(notify_codes("http://127.0.0.1:8600", "http://127.0.0.1:8610/gateway.do"),
              (Codes{"warning notify_url_not_public", "warning notify_url_port"}));
    EXPECT_EQ(notify_codes("https://pay.example.com/" + std::string(240, 'a')),
              Codes{"error notify_url_too_long"});
}

TEST(DoctorClock, ComparesWithTheDateHeader) {
    const char* const date = "Fri, 15 Jan 2027 08:00:00 GMT";  // kNow.
    const auto code = [&](std::int64_t off_seconds) {
        const auto found = check_clock({kNow.ms + off_seconds * 1000}, date);
        return found ? found->code : "nothing";
    };
    EXPECT_EQ(code(0), "clock_right");
    EXPECT_EQ(code(60), "clock_right");
    EXPECT_EQ(code(61), "clock_wrong");
    EXPECT_EQ(code(-61), "clock_wrong");
    EXPECT_NE(check_clock({kNow.ms - 90'000}, date)->english.find("90 s behind"),
              std::string::npos);
    EXPECT_FALSE(check_clock(kNow, ""));
    EXPECT_FALSE(check_clock(kNow, "Fri, 15 Abc 2027 08:00:00 GMT"));
}

// --- online ---

callbacks::AppRef live_app() {
    std::vector<config::AppSettings> settings;
    settings.push_back(good_app());
    std::vector<config::Problem> problems;
    return callbacks::Apps::from(settings, problems)->find("shop");
}

std::string judge(const std::string& node, const signing::PrivateKey* key, int status = 200) {
    std::string body = R"({"alipay_trade_query_response":)" + node;
    if (key != nullptr) body += R"(,"sign":")" + *key->sign(node, signing::SignType::rsa2) + "\"";
    return judge_query(*live_app(), "/apps/0",
                       transport::ClientReply{.status = status, .body = body + "}"})
        .code;
}

TEST(DoctorOnline, IsGladOfASignedNo) {
    const std::string node = R"({"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"})";
    EXPECT_EQ(judge(node, &test_keys().alipay), "alipay_answers");
    EXPECT_EQ(judge(node, nullptr), "gateway_refused");
    EXPECT_EQ(judge(node, &test_keys().stranger), "alipay_key_wrong");
}

TEST(DoctorOnline, ExplainsTheGatewaysRefusal) {
    EXPECT_EQ(judge(R"({"code":"40002","sub_code":"isv.invalid-signature"})", nullptr),
              "gateway_refused");
    EXPECT_NE(explain_gateway_code("isv.invalid-signature").english.find("app public key"),
              std::string_view::npos);
    EXPECT_NE(explain_gateway_code("isv.invalid-app-id").english.find("app_id"),
              std::string_view::npos);
    EXPECT_FALSE(explain_gateway_code("isv.never-heard-of").english.empty());
}

TEST(DoctorOnline, NamesWhatIsNoGateway) {
    const auto app = live_app();
    EXPECT_EQ(judge("{}", nullptr, 502), "gateway_of_another_kind");
    EXPECT_EQ(judge_query(*app, "", transport::ClientReply{.status = 200, .body = "<html>"}).code,
              "gateway_of_another_kind");
    EXPECT_EQ(judge_query(*app, "", Error(ErrorCode::unavailable, "cannot connect")).code,
              "gateway_out_of_reach");
}

TEST(DoctorOnline, KnowsARenewedCertificate) {
    std::vector<config::AppSettings> settings;
    settings.push_back(certificate_app());
    std::vector<config::Problem> problems;
    const auto app = callbacks::Apps::from(settings, problems)->find("shop");
    const std::string node = R"({"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"})";
    const std::string body = R"({"alipay_trade_query_response":)" + node +
                             R"(,"alipay_cert_sn":"0123456789abcdef0123456789abcdef","sign":")" +
                             *test_keys().stranger.sign(node, signing::SignType::rsa2) + R"("})";
    EXPECT_EQ(judge_query(*app, "", transport::ClientReply{.status = 200, .body = body}).code,
              "alipay_certificate_renewed");
}

TEST(DoctorText, PutsErrorsFirst) {
    const std::string text = to_text({{Severity::good, "", "fine", "Fine.", "好。"},
                                      {Severity::error, "/apps/0", "bad", "Bad.", "坏。"}});
    EXPECT_EQ(text, "error /apps/0 (bad)\n    Bad.\n    坏。\nok (fine)\n    Fine.\n    好。\n");
}

}  // namespace
}  // namespace tollgate::gateway
