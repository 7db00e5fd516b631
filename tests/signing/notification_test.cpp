#include <string>

#include <gtest/gtest.h>

#include "signing/content.h"
#include "signing/form.h"
#include "signing/notification.h"
#include "tests/signing/keys.h"
#include "tests/signing/notifications.h"

namespace tollgate::signing {
namespace {

std::string notification_reason(const Fields& fields, const NotificationKeys& keys) {
    const auto verified = verify_notification(fields, keys);
    if (verified) return "accepted";
    EXPECT_EQ(verified.error().code(), ErrorCode::unauthenticated);
    return verified.error().reason();
}

TEST(Notification, AcceptsWhatAlipaySigned) {
    EXPECT_EQ(notification_reason(signed_fields(paid_fields()), rsa2_keys()), "accepted");
    EXPECT_EQ(
        notification_reason(*decode_form(encode_form(signed_fields(paid_fields()))), rsa2_keys()),
        "accepted");
}

TEST(Notification, EveryFieldCountsAndUnknownOnesToo) {
    Fields sent = paid_fields();
    sent.emplace_back("a_field_of_tomorrow", "1");
    const Fields good = signed_fields(sent);
    for (std::size_t i = 0; i < good.size(); ++i) {
        if (good[i].first == "sign_type") continue;
        Fields changed = good;
        changed[i].second += "0";
        EXPECT_NE(notification_reason(changed, rsa2_keys()), "accepted") << good[i].first;
        if (good[i].second.empty()) continue;
        Fields dropped = good;
        dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_NE(notification_reason(dropped, rsa2_keys()), "accepted") << good[i].first;
    }
    Fields added = good;
    added.emplace_back("refund_fee", "12.30");
    EXPECT_EQ(notification_reason(added, rsa2_keys()), "sign_mismatch");
}

TEST(Notification, EmptyValuesTakeNoPart) {
    Fields fields = signed_fields(paid_fields());
    fields.emplace_back("body2", "");
    EXPECT_EQ(notification_reason(fields, rsa2_keys()), "accepted");
}

TEST(Notification, NamesWhatIsMissing) {
    const Fields good = signed_fields(paid_fields());
    EXPECT_EQ(notification_reason({}, rsa2_keys()), "sign_missing");
    EXPECT_EQ(notification_reason(with(good, "sign", ""), rsa2_keys()), "sign_missing");
    EXPECT_EQ(notification_reason(with(good, "sign_type", ""), rsa2_keys()), "sign_type_missing");
    EXPECT_EQ(notification_reason(with(good, "sign", "wrong-sign"), rsa2_keys()),
              "sign_not_base64");
    EXPECT_EQ(notification_reason(with(good, "sign", "AAAA"), rsa2_keys()), "sign_wrong_length");
    EXPECT_EQ(notification_reason(good, {{}, SignType::rsa2}), "no_alipay_key");
    EXPECT_EQ(notification_reason(good, {{other_key().public_half()}, SignType::rsa2}),
              "sign_mismatch");
}

TEST(Notification, ASha1SignatureNeedsAnAppConfiguredForIt) {
    const Fields sha1 = signed_fields(paid_fields(), alipay_key(), SignType::rsa);
    EXPECT_EQ(notification_reason(sha1, rsa2_keys()), "sign_type_not_allowed");
    EXPECT_EQ(notification_reason(sha1, {{alipay_key().public_half()}, SignType::rsa}), "accepted");
    // Naming the stronger type over the weaker signature, and the other way round, is no way in.
    EXPECT_EQ(notification_reason(with(sha1, "sign_type", "RSA2"), rsa2_keys()), "sign_mismatch");
    EXPECT_EQ(
        notification_reason(with(signed_fields(paid_fields()), "sign_type", "RSA"), rsa2_keys()),
        "sign_type_not_allowed");
    for (const char* type : {"rsa2", "RSA2 ", "MD5", "SM2", "none", "RSA256"}) {
        EXPECT_EQ(
            notification_reason(with(signed_fields(paid_fields()), "sign_type", type), rsa2_keys()),
            "sign_type_not_allowed");
    }
}

TEST(Notification, AnAppOnTheWayFromRsaToRsa2HearsBoth) {
    EXPECT_EQ(notification_reason(signed_fields(paid_fields()),
                                  {{alipay_key().public_half()}, SignType::rsa}),
              "accepted");
}

TEST(Notification, AnyOfTheConfiguredKeysWillDo) {
    const Fields good = signed_fields(paid_fields());
    EXPECT_EQ(notification_reason(
                  good, {{other_key().public_half(), alipay_key().public_half()}, SignType::rsa2}),
              "accepted");
    EXPECT_EQ(notification_reason(
                  good, {{longer_key().public_half(), other_key().public_half()}, SignType::rsa2}),
              "sign_mismatch");
    EXPECT_EQ(notification_reason(
                  good, {{other_key().public_half(), longer_key().public_half()}, SignType::rsa2}),
              "sign_mismatch");
}

TEST(Notification, TheCertificateNumberMayStandInsideOrOutsideTheContent) {
    Fields inside = paid_fields();
    inside.emplace_back("alipay_cert_sn", "687b59193f3f462dd5336e5abf83c5d8");
    EXPECT_EQ(notification_reason(signed_fields(inside), rsa2_keys()), "accepted");
    Fields outside = signed_fields(paid_fields());
    outside.emplace_back("alipay_cert_sn", "687b59193f3f462dd5336e5abf83c5d8");
    EXPECT_EQ(notification_reason(outside, rsa2_keys()), "accepted");
    EXPECT_EQ(notification_reason(with(outside, "total_amount", "0.01"), rsa2_keys()),
              "sign_mismatch");
}

TEST(Notification, RuleV2IsNotTakenForAPayment) {
    Fields fields = paid_fields();
    fields.emplace_back("sign",
                        *alipay_key().sign(notification_content_v2(fields), SignType::rsa2));
    EXPECT_EQ(notification_reason(fields, rsa2_keys()), "sign_mismatch");
}

TEST(ReturnUrl, ForeignParametersAreSetAside) {
    const Fields own{{"app_id", "2021000000000001"},
                     {"out_trade_no", "T1"},
                     {"total_amount", "12.30"},
                     {"timestamp", "2026-01-02 10:00:00"},
                     {"sign_type", "RSA2"}};
    Fields fields = signed_fields(own);
    EXPECT_TRUE(verify_return(fields, rsa2_keys()));
    fields.emplace_back("utm_source", "mail");
    EXPECT_TRUE(verify_return(fields, rsa2_keys()));
    EXPECT_FALSE(verify_notification(fields, rsa2_keys()));
    EXPECT_FALSE(verify_return(with(fields, "total_amount", "0.01"), rsa2_keys()));
    EXPECT_FALSE(verify_return({{"utm_source", "mail"}}, rsa2_keys()));
}

}  // namespace
}  // namespace tollgate::signing
